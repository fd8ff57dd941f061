"""One parser child, as its parent sees it."""

import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

import fleet
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.messages import (
    HEADER_BYTES,
    MAX_REPLY_BYTES,
    Ready,
    Reply,
    Request,
    body_length,
    decode_reply,
    frame,
)
from fleet.errors import ParserUnavailable
from fleet.log import get_logger

_BURIAL: Final = timedelta(seconds=5)
_LAST_WORDS_BYTES: Final = 2000
_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead, OSError)


class Failure(msgspec.Struct, frozen=True):
    """Why a request has no reply; *last_words* is what the child wrote on standard error."""

    reason: str
    last_words: str = ""


class Child:
    """A child that answers requests in their order; after a Failure it is to be buried."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._replies = None if process.stdout is None else BufferedByteReceiveStream(process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_there(self) -> bool:
        """Ask the kernel, which knows of an end before the loop is told; the loop is left to collect it."""
        if self._process.returncode is not None:
            return False
        try:
            ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return ended is None

    async def tell(self, request: Request) -> None:
        """Send *request*; if the child is gone, whoever waits for an answer finds out."""
        with suppress(*_BROKEN):
            if self._process.stdin is not None:
                await self._process.stdin.send(frame(request))

    async def answer(self, *, within: timedelta) -> Reply | Failure:
        """Wait for the answer to the oldest request that has none."""
        with anyio.move_on_after(within.total_seconds()):
            try:
                return await self._receive()
            except _BROKEN:
                return await self._died()
        return Failure(f"reading it took longer than {within.total_seconds():g} s")

    async def greet(self, *, within: timedelta) -> None:
        """Wait until the child has started; raises ParserUnavailable."""
        problem = Failure("it takes too long")
        with anyio.move_on_after(within.total_seconds()):
            try:
                greeting = await self._receive()
            except _BROKEN:
                greeting = await self._died()
            if isinstance(greeting, Ready):
                if not greeting.confined:
                    get_logger().warning("parser.unconfined", pid=self.pid)
                return
            problem = greeting if isinstance(greeting, Failure) else Failure("it does not say that it is ready")
        raise ParserUnavailable("the parser process does not start", why=problem.reason, said=problem.last_words)

    async def bury(self) -> None:
        """End the child and all of its group, whatever it is doing."""
        with anyio.move_on_after(_BURIAL.total_seconds(), shield=True):
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.aclose()

    async def _receive(self) -> Reply | Failure:
        if self._replies is None:
            raise anyio.ClosedResourceError
        length = body_length(await self._replies.receive_exactly(HEADER_BYTES))
        if length > MAX_REPLY_BYTES:
            return Failure("the parser's reply is too long")
        body = await self._replies.receive_exactly(length)
        try:
            reply: Reply = decode_reply(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Failure("the parser's reply makes no sense")
        return reply

    async def _died(self) -> Failure:
        status = await self._process.wait()
        try:
            said = b"" if self._process.stderr is None else await self._process.stderr.receive(_LAST_WORDS_BYTES)
        except _BROKEN:
            said = b""
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        return Failure(f"the parser ended {how}", said.decode("utf-8", "replace"))


async def start_child(limits: ParserLimits) -> Child:
    """Start a child that is ready; raises ParserUnavailable. The caller buries it."""
    try:
        # Between the start of a process and the first mention of it there must be no room for a cancellation.
        with anyio.CancelScope(shield=True):
            child = Child(
                await anyio.open_process(_command(limits), start_new_session=True, cwd="/", env=_environment())
            )
    except OSError as problem:
        raise ParserUnavailable("the parser process does not start", why=problem.strerror) from problem
    ready = False
    try:
        await child.greet(within=limits.start_time)
        ready = True
    finally:
        if not ready:
            await child.bury()
    return child


def _command(limits: ParserLimits) -> list[str]:
    return [
        sys.executable,
        "-P",  # what lies in the current folder is not to be imported
        "-m",
        "fleet.analysis.parse.child",
        f"--parent={os.getpid()}",
        f"--memory-bytes={limits.memory_bytes}",
        f"--cpu-seconds={max(1, round(limits.file_cpu.total_seconds()))}",
    ]


def _environment() -> dict[str, str]:
    """Return all that the child gets to see of ours: where programs are and where this package is."""
    return {"PATH": os.defpath, "PYTHONPATH": str(Path(fleet.__file__).parent.parent), "LC_ALL": "C.UTF-8"}
