"""A process that a cron starts for a moment says what it has to say before it ends, and does not tidy up."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.conftest import ROOT, environment

# Its work says something and leaves what Python would have to tidy up.
WORK = """
import atexit, gc, sys
from entrypoints._process import ProcessSettings, run_process
from entrypoints._short import load_at_once

load_at_once()
atexit.register(sys.stderr.write, "tidied up")

class Mine(ProcessSettings, frozen=True, kw_only=True):
    pass

async def work(_settings):
    sys.stdout.write(f"looks for garbage: {gc.isenabled()}")
    return 75

run_process("short", Mine, work, short=True)
"""


def run(output: Path) -> subprocess.CompletedProcess[str]:
    with output.open("w") as stream:
        return subprocess.run(
            [sys.executable, "-c", WORK],
            check=False,
            cwd=ROOT,
            env=environment(DATABASE_URL="postgresql://nowhere"),
            stdout=stream,
            stderr=subprocess.PIPE,
            text=True,
        )


def test_it_ends_with_its_own_code_all_said_and_nothing_tidied_up(tmp_path: Path) -> None:
    ended = run(tmp_path / "output")

    assert (ended.returncode, ended.stderr) == (75, "")
    assert (tmp_path / "output").read_text() == "looks for garbage: True"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file that is always full is Linux's")
def test_what_it_could_not_say_is_no_success() -> None:
    ended = run(Path("/dev/full"))

    # What Python ends with when it cannot write at its end.
    assert ended.returncode == 120
    assert "No space left" in ended.stderr
    assert "Traceback" not in ended.stderr
