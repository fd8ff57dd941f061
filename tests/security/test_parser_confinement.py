"""What a parser could do if a file took it over: nothing beyond its pipes."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.analysis.detect.scope import Scopes
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.pool import open_parsers

# Runs after the process has given its system calls up; *attempt* says what is tried, and it answers with the errno.
TRY = """
import os, resource, signal, socket, sys
from fleet.analysis.parse.system_calls import keep_to_pipes
inherited = socket.socket()
confined = keep_to_pipes()
try:
    {attempt}
    answer = 0
except OSError as problem:
    answer = problem.errno
os.write(1, b"%d %d" % (confined, answer))
os._exit(0)
"""
EPERM = b"1 1"

ATTEMPTS = {
    "read the environment of its parent": "os.open('/proc/%d/environ' % os.getppid(), os.O_RDONLY)",
    "read a file": "os.open('/etc/passwd', os.O_RDONLY)",
    "write a file": "os.open('written', os.O_WRONLY | os.O_CREAT)",
    "remove a file": "os.unlink('absent')",
    "list a folder": "os.listdir('.')",
    "reach the network": "socket.socket()",
    "use a socket it has": "inherited.connect(('127.0.0.1', 9))",
    "start a process": "os.fork()",
    "become a program": "os.execv('/bin/true', ['true'])",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "limit its parent": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
    "leave its group": "os.setpgid(0, 0)",
}

linux = pytest.mark.skipif(sys.platform != "linux", reason="no other kernel can take system calls away")


@linux
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_it_cannot(attempt: str, tmp_path: Path) -> None:
    assert _try(attempt, tmp_path) == EPERM
    assert list(tmp_path.iterdir()) == []


@linux
@pytest.mark.parametrize(
    "attempt",
    [
        "resource.setrlimit(resource.RLIMIT_CPU, (9, resource.getrlimit(resource.RLIMIT_CPU)[1]))",
        "resource.prlimit(0, resource.RLIMIT_CPU)",
        "bytearray(100_000_000)",
        "os.read(0, 1)",
    ],
)
def test_it_can_still_work_and_bound_itself(attempt: str, tmp_path: Path) -> None:
    assert _try(attempt, tmp_path) == b"1 0"


@linux
async def test_the_parsers_of_a_pool_are_confined_from_their_first_file_on() -> None:
    async def files() -> AsyncIterator[tuple[str, bytes]]:
        yield "test_a.py", b"def test_a(): ..."

    async with open_parsers(count=1, limits=ParserLimits()) as parsers:
        _ = [parsed async for parsed in parsers.parse(files(), Scopes())]
        (status,) = [status for status in _statuses() if f"PPid:\t{os.getpid()}\n" in status]

    assert "Seccomp:\t2\n" in status
    assert "NoNewPrivs:\t1\n" in status


def _try(attempt: str, folder: Path) -> bytes:
    return subprocess.run(
        [sys.executable, "-c", TRY.format(attempt=attempt)],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        input=b"x",
        capture_output=True,
        check=True,
    ).stdout


def _statuses() -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"fleet.analysis.parse.child" in (folder / "cmdline").read_bytes():
                found.append((folder / "status").read_text(encoding="utf-8"))
        except OSError:
            continue
    return found
