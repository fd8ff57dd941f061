"""Short transactions, one after the other, with a rest between them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import anyio

from fleet.db import Connection, LockNotAvailable, QueryCanceled, Row
from fleet.retention.rules import Rules
from fleet.sql import statement

# Does at most so many rows, and returns how many it did.
Batch = Callable[[Connection, int], Awaitable[int]]

# A batch is bounded by the server; this is for a server that does not answer any more.
_SILENCE = timedelta(seconds=60)
# Rows of the first batch, before it is known how many are done in what time.
_FIRST = 200


class Batches:
    """Runs the batches of one sweep; *skipped* counts those that gave up waiting. What did nothing needs no rest.

    Whoever else writes waits for what a batch has written to be on the disk. So a batch has as many rows as are done
    within the span of the rules, and rests for its share of the pause.
    """

    def __init__(self, connection: Connection, rules: Rules) -> None:
        self.skipped = 0
        self._rest: timedelta | None = None
        self._size = min(_FIRST, rules.batch)
        self._connection = connection
        self._rules = rules

    async def run(self, batch: Batch) -> int | None:
        """Rest after the last batch and commit this one; None when a time limit of the server undid it."""
        if self._rest is not None:
            await anyio.sleep(self._rest.total_seconds())
        began = anyio.current_time()
        # A cancelled statement would leave the connection in doubt: a stop, or the end of the time, takes effect while
        # it rests.
        with anyio.fail_after(_SILENCE.total_seconds(), shield=True):
            done = await self._commit(batch)
        self._rest = None if done == 0 else self._rules.pause * self._size / self._rules.batch
        if done is None or done >= self._size:
            self._size = self._fitting(timedelta(seconds=anyio.current_time() - began))
        return done

    async def ask(self, name: str, *arguments: object) -> Row | None:
        """Fetch the one row of a statement that only looks; None when it could not within the limits of a batch."""
        with anyio.fail_after(_SILENCE.total_seconds(), shield=True), suppress(LockNotAvailable, QueryCanceled):
            async with self._limited() as connection:
                return await connection.fetchrow(statement(name), *arguments)
        return None

    async def repeat(self, batch: Batch, count: Callable[[int], None]) -> None:
        """Run *batch* until it finds nothing any more, and *count* what each one did."""
        while done := await self.run(batch):
            count(done)

    async def _commit(self, batch: Batch) -> int | None:
        try:
            async with self._limited() as connection:
                return await batch(connection, self._size)
        except (LockNotAvailable, QueryCanceled):
            self.skipped += 1
            return None

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[Connection]:
        limits = [f"{limit / timedelta(milliseconds=1):.0f}ms" for limit in self._limits()]
        async with self._connection.transaction():
            await self._connection.execute(statement("retention/limits"), *limits)
            yield self._connection

    def _fitting(self, took: timedelta) -> int:
        """Return how many rows the next batch is to have: half as many at least, and twice as many at most."""
        span = self._rules.span
        fitting = int(self._size * (span / max(took, span / 2)))
        return max(1, self._size // 2, min(fitting, self._rules.batch))

    def _limits(self) -> tuple[timedelta, timedelta]:
        return self._rules.lock_limit, self._rules.statement_limit


async def affected(connection: Connection, name: str, arguments: Sequence[object]) -> int:
    """Execute the statement *name* and return how many rows it touched."""
    status = await connection.execute(statement(name), *arguments)
    return int(status.rsplit(" ", 1)[-1])


def rows(name: str, *arguments: object) -> Batch:
    """Return the batch that is one statement: told last how many rows it may touch, and counted by those it did."""

    async def touch(connection: Connection, size: int) -> int:
        return await affected(connection, name, (*arguments, size))

    return touch
