"""Starts git, and ends it with everything it has started."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, TypeAlias

import anyio
import anyio.abc
import anyio.to_thread
import msgspec

from fleet.analysis.git import limited
from fleet.analysis.limits import Limits
from fleet.errors import LimitExceeded

Stream: TypeAlias = "int | IO[bytes]"

_LAUNCHER = Path(limited.__file__)
_END_LIMIT = timedelta(seconds=5)
# Enough for the reason, and a bound on what a host can make the worker remember.
_MOST_STDERR = 16_384


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One git invocation; *arguments* begin with the -c options."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    limits: Limits
    descriptors: tuple[int, ...] = ()


class Ended(msgspec.Struct, frozen=True):
    """How a command ended, and the end of what it said."""

    code: int
    stderr: bytes


async def run(command: Command, *, stdin: Path | None = None, stdout: Path | None = None) -> Ended:
    """Run *command* to its end, between files; raises LimitExceeded when it takes too long."""
    with anyio.move_on_after(command.limits.wall.total_seconds()):
        async with start(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE) as process:
            said = await _read_end(process)
            code = await process.wait()
        return Ended(code, said)
    raise took_too_long(command.limits)


@asynccontextmanager
async def start(
    command: Command, *, stdin: Path | None, stdout: Path | int | None, stderr: int = subprocess.DEVNULL
) -> AsyncIterator[anyio.abc.Process]:
    """Run *command* while the body lasts; neither it nor a child of it outlives the body."""
    with ExitStack() as files:
        inlet, outlet = await anyio.to_thread.run_sync(_open, files, stdin, stdout)
        # Spawning is short, and cancelling it half-way could lose sight of the process.
        with anyio.CancelScope(shield=True):
            process = await anyio.open_process(
                _argv(command),
                stdin=inlet,
                stdout=outlet,
                stderr=stderr,
                cwd=command.directory,
                env=command.environment,
                start_new_session=True,
                pass_fds=command.descriptors,
            )
    try:
        yield process
    finally:
        await end(process)


async def end(process: anyio.abc.Process) -> None:
    """Kill the group of *process* and wait until it is gone.

    The whole group, because git's own children (git-remote-https, index-pack) outlive a killed git.
    """
    with anyio.move_on_after(_END_LIMIT.total_seconds(), shield=True):
        if process.returncode is None or process.stderr:
            # git itself may have ended already; while a child lives, the number of its group is not given away.
            _kill_group(process.pid)
        await process.wait()
        await _wait_for_children(process)
    with anyio.CancelScope(shield=True):
        await process.aclose()


def took_too_long(limits: Limits) -> LimitExceeded:
    return LimitExceeded("reading the repository took too long", limit=limits.wall)


def _argv(command: Command) -> list[str]:
    limits = command.limits
    # -I and -S: the launcher imports nothing from the environment or from site-packages.
    bounds = [str(os.getpid()), str(limits.fetched), str(limits.memory)]
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), *bounds]
    return [*launcher, "git", *command.arguments]


def _open(files: ExitStack, stdin: Path | None, stdout: Path | int | None) -> tuple[Stream, Stream]:
    inlet: Stream = files.enter_context(stdin.open("rb")) if stdin else subprocess.DEVNULL
    if isinstance(stdout, Path):
        return inlet, files.enter_context(stdout.open("wb"))
    return inlet, subprocess.DEVNULL if stdout is None else stdout


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


async def _read_end(process: anyio.abc.Process) -> bytes:
    said = b""
    if process.stderr:
        async for chunk in process.stderr:
            said = (said + chunk)[-_MOST_STDERR:]
    return said


async def _wait_for_children(process: anyio.abc.Process) -> None:
    """Wait until the last heir of the process's stderr is gone, so that nothing writes to its directory any more."""
    if process.stderr:
        async for _ in process.stderr:
            pass
