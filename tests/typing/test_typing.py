"""The type checker refuses what would go wrong at run time, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MISUSE = Path(__file__).with_name("misuse.py")


@pytest.mark.timeout(180)  # the first check of a machine has no cache to begin with
def test_a_type_checker_finds_every_misuse_of_the_queue_and_no_other_error() -> None:
    lines = MISUSE.read_text(encoding="utf-8").splitlines()
    expected = {
        (number, code[1]) for number, line in enumerate(lines, 1) if (code := re.search(r"# error: ([a-z-]+)$", line))
    }

    check = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", MISUSE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    found = re.findall(r"(?m)^\S*misuse\.py:(\d+): error: .*\[([a-z-]+)\]$", check.stdout)
    assert {(int(number), code) for number, code in found} == expected, check.stdout + check.stderr
