"""The PostgreSQL that a benchmark runs on: its own, durable, on disk."""

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import anyio
from anyio import to_thread

from benchmarks.frame.usage import Usage, usage_of_group
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.local.server import start_postgres

APPLICATION = "benchmark"
# Beyond what a server has by itself; fsync and synchronous_commit stay on.
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
# A statement over millions of rows.
LONG = 900.0

Prepare = Callable[[DatabaseUrl], Awaitable[None]]


class Ground:
    """A running server by its *url* and its first process, and databases on it that are copied from prepared ones."""

    def __init__(self, url: DatabaseUrl, postmaster: int) -> None:
        self.url = url
        self._postmaster = postmaster
        self._numbers = itertools.count(1)
        self._prepared: dict[str, Prepare] = {}

    @asynccontextmanager
    async def database(self, kind: str, prepare: Prepare) -> AsyncIterator[DatabaseUrl]:
        """Yield a database as *prepare* makes it; it is made once for each *kind*, and gone with the block."""
        if kind not in self._prepared:
            await self._execute(f'create database "{kind}"')
            await prepare(self._named(kind))
            self._prepared[kind] = prepare
        name = f"{kind}_{next(self._numbers)}"
        await self._execute(f'create database "{name}" template "{kind}"')
        try:
            yield self._named(name)
        finally:
            with anyio.CancelScope(shield=True):
                await self._execute(f'drop database "{name}" with (force)')

    def usage(self) -> Usage:
        """Return what all processes of the server have used so far, those that have ended too."""
        return usage_of_group(self._postmaster)

    async def version(self) -> str:
        async with connect(self.url, application=APPLICATION) as connection:
            return str(await connection.fetchval("show server_version"))

    async def _execute(self, statement: str) -> None:
        async with connect(self.url, application=APPLICATION) as connection:
            await connection.execute(statement, timeout=LONG)

    def _named(self, name: str) -> DatabaseUrl:
        return DatabaseUrl(urlsplit(self.url.reveal())._replace(path=f"/{name}").geturl())


@asynccontextmanager
async def open_ground(settings: Mapping[str, str]) -> AsyncIterator[Ground]:
    """Start a server with these settings and those above, on files that go with the block."""
    folder = _folder()
    try:
        first = await to_thread.run_sync(start_postgres, folder)
        async with connect(first.url, application=APPLICATION) as connection:
            for setting, value in {**SETTINGS, **settings}.items():
                await connection.execute(f"alter system set {setting} = '{value}'")
        await to_thread.run_sync(first.stop)
        server = await to_thread.run_sync(start_postgres, folder)
        try:
            yield await ground_on(server.url)
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(server.stop)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def ground_on(url: DatabaseUrl) -> Ground:
    """Return the server at *url*, which runs on this machine."""
    async with connect(url, application=APPLICATION) as connection:
        lines: str = await connection.fetchval("select pg_read_file('postmaster.pid')")
    return Ground(url, int(lines.splitlines()[0]))


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fleet-benchmark-"))
    # As root the server runs as another user, who has to pass.
    folder.chmod(0o711)
    return folder


async def settle(connection: Connection) -> None:
    """Do before a measurement what PostgreSQL would otherwise do in the middle of it."""
    await connection.execute("vacuum analyze", timeout=LONG)
    await connection.execute("checkpoint", timeout=LONG)
