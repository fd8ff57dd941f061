"""Changes jobs and queues as somebody asked, and puts it on record in the same transaction."""

import json
from collections import Counter
from datetime import timedelta

import msgspec

from fleet.db import Connection, Pool, Row
from fleet.sql import statement

MOST_JOBS = 5000
_LIMIT = timedelta(seconds=25)

# What can be done to jobs, and in which states they have to be.
ON_JOBS = {
    "cancel": ("scheduled", "arriving", "held", "ready", "running"),
    "retry": ("failed", "lost", "cancelled", "scheduled"),
    "reprioritise": ("scheduled", "arriving", "held", "ready"),
}
ON_QUEUES = ("pause", "resume")


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants done, and why."""

    what: str
    who: str
    why: str
    jobs: list[int] = []
    queues: list[str] = []
    priority: int | None = None
    lasting: timedelta | None = None


async def act(pool: Pool, deed: Deed) -> int:
    """Do it, and return the number of its record."""
    async with pool.transaction() as connection:
        await connection.execute(
            "select set_config('statement_timeout', $1, true), set_config('lock_timeout', '5s', true)",
            f"{_LIMIT.total_seconds():.0f}s",
        )
        details = await (_on_jobs(connection, deed) if deed.what in ON_JOBS else _on_queues(connection, deed))
        number: int = await connection.fetchval(
            statement("control/record"), deed.what, deed.why, deed.who, deed.jobs, json.dumps(details)
        )
        return number


async def _on_jobs(connection: Connection, deed: Deed) -> dict[str, object]:
    more: dict[str, tuple[object, ...]] = {"cancel": (deed.why,), "reprioritise": (deed.priority,)}
    changed = await connection.fetch(
        statement(f"control/{deed.what}"), deed.jobs, *more.get(deed.what, ()), timeout=_LIMIT.total_seconds()
    )
    details: dict[str, object] = {"became": _became(changed)}
    if deed.priority is not None:
        details["priority"] = deed.priority
    return details


async def _on_queues(connection: Connection, deed: Deed) -> dict[str, object]:
    more: tuple[object, ...] = (deed.lasting, deed.why) if deed.what == "pause" else ()
    for queue in sorted(deed.queues):
        await connection.fetch(statement(f"control/{deed.what}"), queue, *more)
    details: dict[str, object] = {"queues": sorted(deed.queues)}
    if deed.lasting is not None:
        details["minutes"] = deed.lasting // timedelta(minutes=1)
    return details


def _became(changed: list[Row]) -> dict[str, int]:
    """Count what the jobs were and are: failed → ready, or done as before."""
    return dict(
        Counter(
            f"{row['was'] or 'unknown'} → {row['now']}"
            if row["was"] != row["now"]
            else f"{row['was'] or 'unknown'} as before"
            for row in changed
        )
    )
