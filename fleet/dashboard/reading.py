"""Asks the database what the pages show: one statement a file, each with a limit and a time limit."""

from datetime import timedelta

from fleet.db import Pool, Row
from fleet.sql import statement

# The server gives a statement up before its client does.
STATEMENT_LIMIT = timedelta(seconds=3)
_CLIENT_LIMIT = timedelta(seconds=5)
_SUM_LIMIT = timedelta(seconds=60)


class Reading:
    """The statements of sql/dashboard by their names."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def rows(self, name: str, *arguments: object) -> list[Row]:
        return await self._pool.fetch(statement(f"dashboard/{name}"), *arguments, limit=_CLIENT_LIMIT)

    async def sum_up(self) -> bool:
        """Bring the sums of finished jobs up to date; False when more is left. One step may take long."""
        async with self._pool.transaction() as connection:
            limit = f"{_SUM_LIMIT.total_seconds():.0f}s"
            await connection.execute("select set_config('statement_timeout', $1, true)", limit)
            done = await connection.fetchval(
                statement("dashboard/roll_up"), timeout=(_SUM_LIMIT + _CLIENT_LIMIT).total_seconds()
            )
            return done is not False

    async def row(self, name: str, *arguments: object) -> Row | None:
        return next(iter(await self.rows(name, *arguments)), None)
