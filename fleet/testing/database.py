"""A database for each test, copied from one that is migrated once."""

import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.migrate import migrate

_APPLICATION = "fleet-tests"


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

    async def create(self) -> None:
        await self._execute(f'create database "{self._name}"')
        await migrate(_with_database(self._server, self._name))

    async def drop(self) -> None:
        await self._execute(f'drop database if exists "{self._name}" with (force)')

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[Database]:
        name = f"{self._name}_{next(self._numbers)}"
        # Copying the files takes half the time of writing them through the log, which is for large templates.
        await self._execute(f'create database "{name}" template "{self._name}" strategy file_copy')
        try:
            yield Database(_with_database(self._server, name))
        finally:
            await self._execute(f'drop database "{name}" with (force)')

    async def _execute(self, statement: str) -> None:
        async with connect(self._server, application=_APPLICATION) as connection:
            await connection.execute(statement)


def _with_database(url: DatabaseUrl, name: str) -> DatabaseUrl:
    return DatabaseUrl(urlsplit(url.reveal())._replace(path=f"/{name}").geturl())
