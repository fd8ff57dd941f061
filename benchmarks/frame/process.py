"""Child processes of a benchmark: started as in production, watched, ended."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import anyio
from anyio.abc import Process

from fleet.config import DatabaseUrl

STOP_LIMIT = timedelta(seconds=40)
# This checkout; another one's workers can be measured beside it.
ROOT = Path(__file__).parents[2]
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


@asynccontextmanager
async def open_python(
    module: str,
    url: DatabaseUrl,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    checkout: Path = ROOT,
) -> AsyncIterator[Process]:
    """Run ``python -m module``, whose log goes nowhere; it is ended with the block, and all that it has started."""
    given = {**environment_of(url, checkout), **(environment or {})}
    async with open_process([sys.executable, "-m", module, *arguments], given, checkout) as process:
        yield process


def environment_of(url: DatabaseUrl, checkout: Path = ROOT) -> dict[str, str]:
    """Return what a program of *checkout* needs to run on the database."""
    given = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return given | {"PYTHONPATH": str(checkout), "DATABASE_URL": url.reveal()}


@asynccontextmanager
async def open_process(
    command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT
) -> AsyncIterator[Process]:
    process = await anyio.open_process(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with anyio.move_on_after(STOP_LIMIT.total_seconds(), shield=True):
            await process.aclose()


async def stopped(process: Process) -> str:
    """Ask the process to stop; returns what it said on its standard error, and raises AssertionError if it failed."""
    process.terminate()
    return await ended(process, STOP_LIMIT)


async def ended(process: Process, within: timedelta) -> str:
    """Wait until the process has ended, as *stopped* does."""
    said = b""
    with anyio.fail_after(within.total_seconds()):
        if process.stderr is not None:
            async for chunk in process.stderr:
                said += chunk
        code = await process.wait()
    if code != 0:
        raise AssertionError(f"a process ended with {code}: {said.decode(errors='replace')}")
    return said.decode(errors="replace")
