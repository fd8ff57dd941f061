"""What a command is given: its settings, its terminal, and its way to the database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TextIO, TypeVar

import anyio

from fleet.cli.output import Output
from fleet.config import DatabaseUrl, Settings, load
from fleet.db import Connection, connect
from fleet.migrate import require_current

# PostgreSQL cuts longer names off.
_NAME_LENGTH = 63

ResultT = TypeVar("ResultT")


class CliSettings(Settings, frozen=True, kw_only=True):
    """The environment of the command line."""

    database_url: DatabaseUrl
    database_unpooled_url: DatabaseUrl | None = None

    @property
    def direct_url(self) -> DatabaseUrl:
        """Where a pooler owns DATABASE_URL: the way to PostgreSQL itself."""
        return self.database_unpooled_url or self.database_url


class Session:
    """One command's environment and streams; *run* is its way to the database."""

    def __init__(self, environ: Mapping[str, str], out: TextIO, err: TextIO, answers: TextIO) -> None:
        self.environ = environ
        self.output = Output(out, err, environ)
        self.answers = answers

    @property
    def settings(self) -> CliSettings:
        return load(CliSettings, self.environ)

    @property
    def application(self) -> str:
        """The name of its sessions, by which records and other operators see who it is."""
        user = self.environ.get("USER") or self.environ.get("LOGNAME") or ""
        plain = "".join(character for character in user if character.isascii() and character.isprintable())
        return f"fleet-cli {plain}".strip()[:_NAME_LENGTH]

    def run(self, work: Callable[[Connection], Awaitable[ResultT]]) -> ResultT:
        """Do *work* on a connection of its own, in a database that has the schema of this release."""
        return anyio.run(self._run, work)

    async def _run(self, work: Callable[[Connection], Awaitable[ResultT]]) -> ResultT:
        async with self.open() as connection:
            return await work(connection)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Connection]:
        """Open a connection past any pooler: one session more is nothing to PostgreSQL, and a person waits for it."""
        async with connect(self.settings.direct_url, application=self.application) as connection:
            await require_current(connection)
            yield connection

    def confirm(self, question: str) -> bool | None:
        """Ask *question*; None where there is nobody to answer.

        Asked outside of any event loop, which would keep Ctrl-C from interrupting the wait for an answer.
        """
        if not self.answers.isatty():
            return None
        self.output.ask(question)
        return self.answers.readline().strip().lower() in {"y", "yes"}
