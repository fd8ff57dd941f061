"""A database for each test, copied from one that is migrated once."""

import itertools
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.migrate import migrate
from fleet.queue.enqueue import declare
from fleet.queue.job import Job

APPLICATION = "fleet-tests"

# What a project adds to the migrated database: tables of its own, rows that every test needs.
Schema = Callable[[Connection], Awaitable[None]]


class Database:
    """A database of a test's own."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url

    @property
    def name(self) -> str:
        return urlsplit(self.url.reveal()).path.removeprefix("/")


class Template:
    """The migrated database that tests get copies of; nobody may be connected to it."""

    def __init__(self, server: DatabaseUrl) -> None:
        self._server = server
        # Several runs may share a server.
        self._name = f"fleet_test_{secrets.token_hex(4)}"
        self._numbers = itertools.count(1)
        self._prepared: dict[tuple[Schema | None, tuple[type[Job], ...]], Template] = {}

    async def create(self) -> None:
        await self._execute(f'create database "{self._name}"')
        await migrate(_with_database(self._server, self._name))

    async def drop(self) -> None:
        for prepared in self._prepared.values():
            await prepared.drop()
        await self._execute(f'drop database if exists "{self._name}" with (force)')

    async def prepared(self, kinds: Sequence[type[Job]], schema: Schema | None) -> "Template":
        """Return a template with *schema* applied and *kinds* declared; made once for each pair."""
        if not kinds and schema is None:
            return self
        key = (schema, tuple(kinds))
        if key not in self._prepared:
            made = Template(self._server)
            await self._copy_to(made._name)
            self._prepared[key] = made
            async with connect(_with_database(self._server, made._name), application=APPLICATION) as connection:
                if schema is not None:
                    await schema(connection)
                await declare(connection, kinds)
        return self._prepared[key]

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[Database]:
        name = f"{self._name}_{next(self._numbers)}"
        await self._copy_to(name)
        try:
            yield Database(_with_database(self._server, name))
        finally:
            await self._execute(f'drop database "{name}" with (force)')

    async def _copy_to(self, name: str) -> None:
        # Copying the files takes half the time of writing them through the log, which is for large templates.
        await self._execute(f'create database "{name}" template "{self._name}" strategy file_copy')

    async def _execute(self, statement: str) -> None:
        async with connect(self._server, application=APPLICATION) as connection:
            await connection.execute(statement)


def _with_database(url: DatabaseUrl, name: str) -> DatabaseUrl:
    return DatabaseUrl(urlsplit(url.reveal())._replace(path=f"/{name}").geturl())
