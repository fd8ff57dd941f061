"""Deletes what outlived its plan, once, in small steps; a run that was cut short is continued by the next."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio

from fleet.db import Connection
from fleet.retention.rules import Rules, Swept
from fleet.retention.steps import Steps
from fleet.sql import statement

_UNLOCK_LIMIT = timedelta(seconds=2)


async def sweep(connection: Connection, rules: Rules) -> Swept:
    """Sweep on a *connection* of its own; ends by itself within the rules' time limit and one batch."""
    swept = Swept()
    started = anyio.current_time()
    async with _alone(connection) as alone:
        swept.already_running = not alone
        if alone:
            with anyio.move_on_after(rules.time_limit.total_seconds()) as time:
                await Steps(connection, rules, swept).run()
            swept.out_of_time = time.cancelled_caught
            swept.complete = not swept.out_of_time and not swept.skipped_batches
    swept.seconds = anyio.current_time() - started
    return swept


@asynccontextmanager
async def _alone(connection: Connection) -> AsyncIterator[bool]:
    """Whether this is the only sweep; the session's end frees the lock as well, should it come first."""
    alone: bool = await connection.fetchval(statement("retention/begin_alone"))
    try:
        yield alone
    finally:
        if alone:
            with anyio.move_on_after(_UNLOCK_LIMIT.total_seconds(), shield=True):
                await connection.fetchval(statement("retention/end_alone"))
