"""Short transactions, one after the other, with a rest between them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

import anyio

from fleet.db import Connection, LockNotAvailable, QueryCanceled
from fleet.retention.rules import Rules
from fleet.sql import statement

Batch = Callable[[Connection], Awaitable[int]]

# A batch is bounded by the server; this is for a server that does not answer any more.
_SILENCE = timedelta(seconds=60)


class Batches:
    """Runs the batches of one sweep; *skipped* counts those that gave up waiting. What did nothing needs no rest."""

    def __init__(self, connection: Connection, rules: Rules) -> None:
        self.skipped = 0
        self._tired = False
        self._connection = connection
        self._rules = rules

    async def run(self, batch: Batch) -> int | None:
        """Rest after the last batch and commit this one; None when a time limit of the server undid it."""
        if self._tired:
            await anyio.sleep(self._rules.pause.total_seconds())
        # A cancelled statement would leave the connection in doubt: a stop, or the end of the time, takes effect while
        # it rests.
        with anyio.fail_after(_SILENCE.total_seconds(), shield=True):
            done = await self._commit(batch)
        self._tired = done != 0
        return done

    async def repeat(self, batch: Batch, count: Callable[[int], None]) -> None:
        """Run *batch* until it is not full any more, and *count* what each one did."""
        done: int | None = self._rules.batch
        while done == self._rules.batch:
            done = await self.run(batch)
            count(done or 0)

    async def _commit(self, batch: Batch) -> int | None:
        limits = [f"{limit / timedelta(milliseconds=1):.0f}ms" for limit in self._limits()]
        try:
            async with self._connection.transaction():
                await self._connection.execute(statement("retention/limits"), *limits)
                return await batch(self._connection)
        except (LockNotAvailable, QueryCanceled):
            self.skipped += 1
            return None

    def _limits(self) -> tuple[timedelta, timedelta]:
        return self._rules.lock_limit, self._rules.statement_limit


async def affected(connection: Connection, name: str, arguments: Sequence[object]) -> int:
    """Execute the statement *name* and return how many rows it touched."""
    status = await connection.execute(statement(name), *arguments)
    return int(status.rsplit(" ", 1)[-1])


def rows(name: str, *arguments: object) -> Batch:
    """Return the batch that is one statement, counted by the rows it touches."""
    return partial(affected, name=name, arguments=arguments)
