"""Asks the database what the pages show: one statement a file, each with a limit and a time limit."""

from datetime import timedelta

from fleet.db import Pool, Row
from fleet.sql import statement

# The server gives a statement up before its client does.
STATEMENT_LIMIT = timedelta(seconds=3)
_CLIENT_LIMIT = timedelta(seconds=5)


class Reading:
    """The statements of sql/dashboard by their names."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def rows(self, name: str, *arguments: object) -> list[Row]:
        return await self._pool.fetch(statement(f"dashboard/{name}"), *arguments, limit=_CLIENT_LIMIT)

    async def row(self, name: str, *arguments: object) -> Row | None:
        return next(iter(await self.rows(name, *arguments)), None)
