"""Processes of a peer: its workers, and the client that enqueues."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import anyio
import msgspec
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from benchmarks.peers.environment import Environment
from benchmarks.peers.peer import Answer, Ask, Order, Task
from fleet.config import Secret

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
_LINE = 65_536
_END_LIMIT = 5.0
_ANSWER_LIMIT = 600.0


class Running:
    """A worker process; what it says is in *log*."""

    def __init__(self, process: Process, log: Path) -> None:
        self.pid = process.pid
        self.began = monotonic()
        self.log = log
        self._process = process

    @property
    def exit_code(self) -> int | None:
        """How it has ended, minus the number of the signal when one ended it; None while it runs."""
        return self._process.returncode

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def wait(self) -> int:
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send *number* to the worker alone."""
        os.kill(self.pid, number)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send *number* to it and all it has started."""
        os.killpg(self.pid, number)


class Client:
    """A client process, asked for one thing after another."""

    def __init__(self, process: Process, log: Path) -> None:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("a client is talked to by pipes")
        self._stdin = process.stdin
        self._answers = BufferedByteReceiveStream(process.stdout)
        self._log = log

    async def install(self) -> None:
        """Make the schema, in a database that has none."""
        await self._ask(Ask(do="install"))

    async def enqueue(self, tasks: Sequence[Task]) -> Answer:
        """Add *tasks*, each by a call of its own."""
        return await self._ask(Ask(do="enqueue", tasks=tasks))

    async def bulk(self, count: int) -> Answer:
        """Add *count* tasks that do nothing, in the way that is meant for many."""
        return await self._ask(Ask(do="bulk", count=count))

    async def single(self, count: int, *, at_once: int = 1) -> Answer:
        """Add *count* tasks that do nothing one by one, *at_once* side by side."""
        return await self._ask(Ask(do="single", count=count, at_once=at_once))

    async def _ask(self, ask: Ask) -> Answer:
        try:
            with anyio.fail_after(_ANSWER_LIMIT):
                # Every field, because whoever reads it has no defaults.
                await self._stdin.send(msgspec.json.encode(msgspec.to_builtins(ask)) + b"\n")
                line = await self._answers.receive_until(b"\n", _LINE)
        except (anyio.IncompleteRead, anyio.EndOfStream, anyio.BrokenResourceError):
            said = self._log.read_text(encoding="utf-8", errors="replace")[-4000:]
            raise AssertionError(f"the client ended when it was asked for {ask.do}\n{said}") from None
        return msgspec.json.decode(line, type=Answer)


@asynccontextmanager
async def open_worker(environment: Environment, url: Secret, order: Order, logs: Path) -> AsyncIterator[Running]:
    """Start a worker, which is ended with the block, whatever has become of it."""
    log = logs / f"{order.life}.log"
    arguments = environment.command("worker", msgspec.json.encode(order).decode())
    with log.open("wb") as output:
        process = await _start(environment, url, arguments, stdin=subprocess.DEVNULL, stdout=output.fileno())
    try:
        yield Running(process, log)
    finally:
        await _end(process)


@asynccontextmanager
async def open_client(environment: Environment, url: Secret, logs: Path) -> AsyncIterator[Client]:
    """Start a client, which ends with the block."""
    log = logs / "client.log"
    with log.open("ab") as errors:
        process = await _start(
            environment, url, environment.command("client"), stdout=subprocess.PIPE, stderr=errors.fileno()
        )
    try:
        yield Client(process, log)
    finally:
        await _end(process)


async def _start(
    environment: Environment,
    url: Secret,
    command: list[str],
    *,
    stdin: int = subprocess.PIPE,
    stdout: int,
    stderr: int = subprocess.STDOUT,
) -> Process:
    return await anyio.open_process(
        [sys.executable, str(Path(__file__).parent / "tied.py"), str(os.getpid()), *command],
        env={
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            **environment.variables(),
            "DATABASE_URL": url.reveal(),
        },
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


async def _end(process: Process) -> None:
    with anyio.move_on_after(_END_LIMIT, shield=True):
        # Also when it has ended itself: what it started may run on.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
