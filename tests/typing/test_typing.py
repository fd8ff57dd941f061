"""The type checker refuses what would go wrong at run time, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MISUSE = Path(__file__).with_name("misuse.py")
PROGRAM = Path(__file__).with_name("program.py")
MISTAKE = re.compile(r"# error: ([a-z-]+)$")

# The first check of a machine has no cache to begin with.
pytestmark = pytest.mark.timeout(180)


def expected(program: Path) -> set[tuple[int, str]]:
    lines = program.read_text(encoding="utf-8").splitlines()
    return {(number, code[1]) for number, line in enumerate(lines, 1) if (code := MISTAKE.search(line))}


def check(program: Path) -> set[tuple[int, str]]:
    """Return the line and the kind of each error."""
    answer = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode in {0, 1}, answer.stdout + answer.stderr
    errors = re.findall(r"(?m)^(\S+):(\d+): error: .*\[([a-z-]+)\]$", answer.stdout)
    assert {Path(file).name for file, _, _ in errors} <= {program.name}, answer.stdout
    return {(int(line), code) for _, line, code in errors}


def test_a_type_checker_finds_every_misuse_of_the_queue_and_no_other_error() -> None:
    assert check(MISUSE) == expected(MISUSE)


def test_in_a_whole_program_wrong_arguments_a_wrong_handler_and_a_wrong_result_are_the_only_errors() -> None:
    assert len(expected(PROGRAM)) == 3
    assert check(PROGRAM) == expected(PROGRAM)


def test_a_program_without_mistakes_has_no_errors(tmp_path: Path) -> None:
    lines = PROGRAM.read_text(encoding="utf-8").splitlines(keepends=True)
    mended = tmp_path / "mended.py"
    mended.write_text("".join(line for line in lines if not MISTAKE.search(line)), encoding="utf-8")

    assert check(mended) == set()
