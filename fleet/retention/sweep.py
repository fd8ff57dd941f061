"""Deletes what outlived its plan, once, in small steps; a run that was cut short is continued by the next."""

from datetime import datetime, timedelta

import msgspec

from fleet.db import Connection
from fleet.retention.rules import Policy, Rules, Swept, horizon
from fleet.retention.steps import Steps
from fleet.sql import statement

# Counting goes through everything once, but holds nothing that anybody waits for.
_COUNT_LIMIT = timedelta(minutes=5)


async def sweep(connection: Connection, rules: Rules, policy: Policy, swept: Swept) -> None:
    """Sweep on a *connection* of its own, and count into *swept*; when cancelled, end with the batch under way."""
    now: datetime = await connection.fetchval(statement("retention/clock"))
    await Steps(connection, rules, swept).run(now, policy)


async def foresee(connection: Connection, policy: Policy) -> Swept:
    """Return what a sweep would remove now; deletes nothing and locks nothing."""
    limit = _COUNT_LIMIT.total_seconds()
    # One snapshot for all, so that the counts fit each other.
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(statement("retention/limits"), "1s", f"{limit:.0f}s")
        now: datetime = await connection.fetchval(statement("retention/clock"))
        of_users = await connection.fetchrow(statement("retention/foreseen"), now, timeout=limit)
        of_queue = await connection.fetchrow(
            statement("retention/foreseen_of_queue"),
            *(horizon(now, kept) for kept in _of_queue(policy)),
            timeout=limit,
        )
        of_models = await connection.fetchrow(
            statement("retention/foreseen_of_models"),
            *(horizon(now, kept) for kept in (policy.model_answers, policy.model_requests)),
            timeout=limit,
        )
    return msgspec.convert({**dict(of_users or {}), **dict(of_queue or {}), **dict(of_models or {})}, Swept)


def _of_queue(policy: Policy) -> tuple[timedelta | None, ...]:
    return policy.jobs, policy.workers, policy.cron_runs, policy.minutes, policy.hours, policy.actions
