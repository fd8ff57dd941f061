"""A PostgreSQL that a test may stop, kill and freeze: what befalls it befalls no other test."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
from anyio import to_thread

from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.local.account import hand_over, server_account
from fleet.local.server import Server, start_postgres
from fleet.migrate import migrate
from fleet.queue.enqueue import declare
from fleet.queue.job import Job
from fleet.testing.database import APPLICATION, Database, Schema
from fleet.testing.until import until

Mode = Literal["smart", "fast", "immediate"]

PATIENCE = timedelta(seconds=20)
_ROOM = 1 << 30
_SIGNALS: dict[Mode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}


class OwnServer:
    """A server on files that outlive it, always at the same address; a fault returns when it has happened."""

    def __init__(self, directory: Path, pg_bin: Path | None) -> None:
        self._directory = directory
        self._pg_bin = pg_bin
        self._server: Server | None = None
        self._url: DatabaseUrl | None = None

    @property
    def url(self) -> DatabaseUrl:
        if self._url is None:
            raise AssertionError("the server was never started")
        return self._url

    @property
    def database(self) -> Database:
        return Database(self.url)

    async def start(self) -> None:
        """Start it on its files, which a crash may have left as they were; returns when it answers."""
        if self._server is not None:
            raise AssertionError("the server runs already")
        self._server = await to_thread.run_sync(partial(start_postgres, self._directory, pg_bin=self._pg_bin))
        if self._url not in {None, self._server.url}:
            raise AssertionError("the server has another address than before")
        self._url = self._server.url

    async def stop(self, mode: Mode = "fast") -> None:
        """Stop it as its operator does: *smart* waits for clients to leave, *immediate* is a crash of the server."""
        server, processes = self._running(), self._processes()
        os.kill(processes[0], _SIGNALS[mode])
        if mode == "smart":
            await self._until_gone(processes[:1])
        await to_thread.run_sync(server.stop)
        await self._ended(processes)

    async def kill(self) -> None:
        """End it as the end of its machine does: SIGKILL, to every process of it."""
        server, processes = self._running(), self._processes()
        for process in processes:
            # The first one's end may have taken others along.
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        await to_thread.run_sync(server.stop)
        await self._ended(processes)

    async def freeze(self) -> None:
        """Stop it in the middle of whatever it does: connections stay open, and nobody is answered."""
        await self._signal(signal.SIGSTOP, "T")

    async def thaw(self) -> None:
        """Let it go on."""
        await self._signal(signal.SIGCONT, "SRDI")

    async def end(self) -> None:
        """End it, whatever state it is in."""
        if self._server is not None:
            with suppress(ProcessLookupError):
                await self.kill()

    def _running(self) -> Server:
        if self._server is None:
            raise AssertionError("the server does not run")
        return self._server

    def _processes(self) -> list[int]:
        """Return the numbers of its processes, the one that listens first."""
        (pid_file,) = self._directory.glob("*/postmaster.pid")
        listening = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
        children = Path(f"/proc/{listening}/task/{listening}/children").read_text(encoding="utf-8")
        return [listening, *map(int, children.split())]

    async def _signal(self, number: signal.Signals, states: str) -> None:
        self._running()
        processes = self._processes()
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, number)

        async def all_are_in_the_state() -> bool:
            return all(_state(process) in f"{states}Z" for process in processes)

        await until(all_are_in_the_state, within=PATIENCE, what=f"the server has got {number.name}")

    async def _ended(self, processes: list[int]) -> None:
        await self._until_gone(processes)
        self._server = None

    async def _until_gone(self, processes: list[int]) -> None:
        async def gone() -> bool:
            return all(_state(process) in {"", "Z"} for process in processes)

        await until(gone, within=PATIENCE, what="the processes of the server have ended")


def _state(process: int) -> str:
    """Return the letter that the kernel has for what *process* does; empty when there is none of that number."""
    try:
        # The name, in brackets, may hold anything; the state follows it.
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(") ")[2][:1]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder for a server's files: as root it runs as another user, who may not pass pytest's."""
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp makes its own
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix="fleet-test-", dir=memory if roomy else "/tmp")).resolve()  # noqa: S108  # the same
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def open_server(directory: Path, *, pg_bin: Path | None = None) -> AsyncIterator[OwnServer]:
    """Start a server on the files in *directory*, which are made if need be; it ends with the block."""
    server = OwnServer(directory, pg_bin)
    await server.start()
    try:
        yield server
    finally:
        with anyio.CancelScope(shield=True):  # bounded by the limits of the server's own stop
            await server.end()


class ServerFiles:
    """Files of servers whose database is migrated, made once for each pair of kinds and schema."""

    def __init__(self, folder: Path, pg_bin: Path | None) -> None:
        self._folder = folder
        self._pg_bin = pg_bin
        self._prepared: dict[tuple[Schema | None, tuple[type[Job], ...]], Path] = {}

    async def prepared(self, kinds: Sequence[type[Job]], schema: Schema | None) -> Path:
        """Return the folder of such files that know *kinds* and have *schema*; no server runs on them."""
        key = (schema, tuple(kinds))
        if key not in self._prepared:
            directory = self._folder / str(len(self._prepared))
            directory.mkdir(mode=0o755)
            await self._fill(directory, kinds, schema)
            self._prepared[key] = directory
        return self._prepared[key]

    async def _fill(self, directory: Path, kinds: Sequence[type[Job]], schema: Schema | None) -> None:
        async with open_server(directory, pg_bin=self._pg_bin) as server:
            await migrate(server.url)
            async with connect(server.url, application=APPLICATION) as connection:
                if schema is not None:
                    await schema(connection)
                await declare(connection, kinds)
            await server.stop()


def copy_files(prepared: Path, directory: Path) -> None:
    """Copy prepared files, whose server does not run."""
    account = server_account(os.getuid())
    for data in (version.parent for version in prepared.glob("*/PG_VERSION")):
        shutil.copytree(data, directory / data.name)
        for path in (directory / data.name, *(directory / data.name).rglob("*")):
            hand_over(path, account)
