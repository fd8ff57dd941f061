"""Where a fault happens: a database with one queue in it, its worker processes, and a look at what they do."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import TypeVar

import anyio

from benchmarks.peers.environment import Environment
from benchmarks.peers.journal import Event, read
from benchmarks.peers.peer import Order, Task
from benchmarks.peers.running import Client, Running, open_client, open_worker
from fleet.config import DatabaseUrl
from fleet.db import Connection, ConnectionFailure, connect
from fleet.errors import DatabaseUnavailable
from fleet.testing.proxy import Proxy, open_proxy
from fleet.testing.server import OwnServer
from fleet.testing.until import until

LEASE, STOP, SLOTS = 5.0, 10.0, 10
READY = timedelta(seconds=40)
_HELLO = timedelta(milliseconds=300)
ResultT = TypeVar("ResultT")


class Worker:
    """A worker process and its way to the database, which is nobody else's."""

    def __init__(self, life: str, running: Running, proxy: Proxy) -> None:
        self.life = life
        self.running = running
        self.proxy = proxy

    @property
    def exit_code(self) -> int | None:
        return self.running.exit_code

    def kill(self, *, all_of_it: bool = False) -> float:
        """SIGKILL it, or all that it has started, too; returns when."""
        self._send(signal.SIGKILL, all_of_it=all_of_it)
        return monotonic()

    def terminate(self) -> float:
        """SIGTERM it; returns when."""
        self._send(signal.SIGTERM, all_of_it=False)
        return monotonic()

    async def freeze(self) -> None:
        """Stop it and all it has started, in the middle of whatever they do."""
        self._send(signal.SIGSTOP, all_of_it=True)

        async def stopped() -> bool:
            return self._state() == "T"

        await until(stopped, what=f"{self.life} is frozen")

    def thaw(self) -> float:
        """Let it go on; returns when."""
        self._send(signal.SIGCONT, all_of_it=True)
        return monotonic()

    def backends(self) -> list[int]:
        """Return the processes at the server that serve it."""
        return [link.backend for link in self.proxy.links if link.backend is not None]

    def _send(self, number: signal.Signals, *, all_of_it: bool) -> None:
        if self.exit_code is not None:
            raise AssertionError(f"{self.life} had ended with {self.exit_code}\n{self.running.text()[-2000:]}")
        if all_of_it:
            self.running.send_to_all(number)
        else:
            self.running.send(number)

    def _state(self) -> str:
        with suppress(FileNotFoundError):
            return Path(f"/proc/{self.running.pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][:1]
        return ""


class Stage:
    """One database, made anew for each fault; *server* may be stopped."""

    def __init__(self, environment: Environment, server: OwnServer, url: DatabaseUrl, folder: Path) -> None:
        self.environment = environment
        self.peer = environment.peer
        self.server = server
        self._url = url
        self._folder = folder
        self._hellos = count()

    @asynccontextmanager
    async def worker(self, life: str, *, direct: bool = False) -> AsyncIterator[Worker]:
        """Start a worker, which ends with the block; it need not work yet.

        With *direct*, nothing is between it and the server, and it finds nobody there when the server is stopped.
        """
        order = Order(life=life, journal=str(self._journal), slots=SLOTS, lease=LEASE, stop=STOP)
        async with open_proxy(self._url) as proxy:
            url = self._url if direct else proxy.url
            async with open_worker(self.environment, url, order, self._folder) as running:
                yield Worker(life, running, proxy)

    @asynccontextmanager
    async def working(self, life: str, *, direct: bool = False) -> AsyncIterator[Worker]:
        """Start a worker, and wait until it has run a job."""
        async with self.worker(life, direct=direct) as worker:
            await self.works(worker)
            yield worker

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Start a client, by a way that no fault is about."""
        async with open_proxy(self._url) as proxy, open_client(self.environment, proxy.url, self._folder) as client:
            yield client

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with connect(self._url, application="fault-table") as connection:
            yield connection

    async def enqueue(self, *tasks: Task) -> float:
        """Add *tasks*; returns when they were there."""
        async with self.client() as client:
            answer = await client.enqueue(tasks)
        return answer.began + answer.seconds

    async def works(self, worker: Worker) -> None:
        """Wait until *worker* has run a job, of those that are enqueued for that."""
        async with self.client() as client:
            with anyio.fail_after(READY.total_seconds()):
                while not any(event.life == worker.life for event in self.events()):
                    if worker.exit_code is not None:
                        raise AssertionError(f"it ended with {worker.exit_code}\n{worker.running.text()[-2000:]}")
                    await client.enqueue([Task(f"hello-{next(self._hellos)}", "rest", 0.01)])
                    await anyio.sleep(_HELLO.total_seconds())

    def events(self, mark: str | None = None) -> list[Event]:
        return [event for event in read(self._journal) if mark in {None, event.mark}]

    def starts(self, mark: str) -> list[Event]:
        return [event for event in self.events(mark) if event.what == "start"]

    def ends(self, mark: str) -> list[Event]:
        return [event for event in self.events(mark) if event.what == "end"]

    async def started(self, mark: str, *, times: int = 1, within: float = 20.0) -> Event | None:
        """Wait until the job has begun so many *times*; returns that beginning, or None when it does not come."""

        async def begun() -> Event | None:
            starts = self.starts(mark)
            return starts[times - 1] if len(starts) >= times else None

        return await wait_for(begun, within)

    async def state(self, mark: str) -> str:
        """Return the queue's word for the state of the job; "no row" where none is kept."""
        async with self.connection() as connection:
            word = await connection.fetchval(self.peer.state, mark)
        return "no row" if word is None else str(word)

    async def done(self, marks: Sequence[str]) -> int:
        """Return how many of the jobs are done, as the tables have it."""
        words = [await self.state(mark) for mark in marks]
        return sum(word in {"no row", self.peer.done} for word in words)

    async def release(self, mark: str) -> None:
        """Do what the documentation tells an operator to do about the worker of the job, which is dead."""
        async with self.connection() as connection:
            await connection.execute(self.peer.release.replace("$1", f"'{mark}'"))

    @property
    def _journal(self) -> Path:
        return self._folder / "journal"


async def wait_for(check: Callable[[], Awaitable[ResultT | None]], seconds: float) -> ResultT | None:
    """Return the first true answer of *check*, or None when there is none in time."""
    try:
        return await until(check, within=timedelta(seconds=seconds))
    except AssertionError:
        return None


async def exits(worker: Worker, within: float) -> int | None:
    """Return how *worker* ends, or None when it does not in time."""
    with anyio.move_on_after(within):
        return await worker.running.wait()
    return worker.exit_code


@asynccontextmanager
async def open_stage(environment: Environment, server: OwnServer, folder: Path, name: str) -> AsyncIterator[Stage]:
    """Make a database with the queue's schema, which goes with the block."""
    base = server.url.reveal()
    database = f"{environment.peer.name}_{name}".replace("-", "_")
    async with connect(server.url, application="fault-table") as connection:
        await connection.execute(f'create database "{database}"')
    url = DatabaseUrl(base.replace("/postgres?", f"/{database}?"))
    logs = folder / name
    logs.mkdir()
    stage = Stage(environment, server, url, logs)
    try:
        async with stage.client() as client:
            await client.install()
        yield stage
    finally:
        with anyio.CancelScope(shield=True), suppress(*ConnectionFailure, DatabaseUnavailable):
            async with connect(server.url, application="fault-table") as connection:
                await connection.execute(f'drop database "{database}" with (force)')
