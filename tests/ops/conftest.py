"""A consumer with a port, started as a process."""

import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from fleet.db import Pool
from fleet.queue.enqueue import enqueue
from fleet.queue.job import Job
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.ops.consumer import Act
from tests.processes.conftest import PATIENCE, Started, launch, required, start

__all__ = ["consumers", "required", "start"]

_GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError)


class Answered(msgspec.Struct):
    """What a port has said; *status* 0: nothing."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = msgspec.json.decode(self.body)
        return read

    def failing(self) -> set[str]:
        """Return the names of the checks that are not ok."""
        return {check["check"] for check in self.json()["checks"] if not check["ok"]}

    def samples(self) -> dict[str, float]:
        """Return the values of /metrics by name and labels, as they are written."""
        lines = [line for line in self.body.decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def ask(port: int, path: str, *, within: float = 10.0) -> Answered:
    """Ask a port of this machine for *path*; what does not come in time has not come."""
    answer = b""
    with anyio.move_on_after(within), suppress(*_GONE):
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
            while True:
                answer += await stream.receive()
    head, _, body = answer.partition(b"\r\n\r\n")
    return Answered(int(head.split(b" ")[1]), body) if head else Answered(0, b"")


class Consumer:
    """One that a test has started, and its port."""

    def __init__(self, started: Started, port: int) -> None:
        self.started = started
        self.port = port

    async def ask(self, path: str, *, within: float = 10.0) -> Answered:
        return await ask(self.port, path, within=within)

    async def status(self, path: str) -> int:
        return (await self.ask(path)).status

    async def ready(self) -> None:
        async def answered() -> bool:
            return await self.status("/readyz") == 200

        await until(answered, within=PATIENCE, what=f"it is ready\n{self.started.text()}")

    async def sample(self, name: str) -> float | None:
        return (await self.ask("/metrics")).samples().get(name)


@pytest.fixture(scope="session")
def fleet_kinds() -> Sequence[type[Job]]:
    return [Act]


class Consumers:
    """Starts consumers; whatever still runs at the end is killed."""

    def __init__(self, running: AsyncExitStack, folder: Path, url: str) -> None:
        self._running = running
        self._folder = folder
        self.url = url

    async def start(self, module: str = "tests.ops.consumer", **settings: str) -> Consumer:
        port = free_port()
        output = self._folder / f"consumer-{port}.log"
        given = {"DATABASE_URL": self.url, "HEALTH_PORT": str(port), **settings}
        return Consumer(await launch(self._running, output, _command(module), given), port)


def _command(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number: int = one.getsockname()[1]
    return number


@pytest.fixture
async def consumers(database: Database, tmp_path: Path) -> AsyncIterator[Consumers]:
    async with AsyncExitStack() as running:
        yield Consumers(running, tmp_path, database.url.reveal())


async def put(pool: Pool, job: Job) -> int:
    async with pool.acquire() as connection:
        return (await enqueue(connection, job)).id
