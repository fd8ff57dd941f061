"""The steps of a sweep, in the order in which one makes room for the next."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fleet.db import Connection
from fleet.retention.batches import Batches, affected, rows
from fleet.retention.due import Due, look
from fleet.retention.removal import Removal, Whole
from fleet.retention.rules import Policy, Rules, Swept, horizon
from fleet.sql import statement

_DOCUMENT = Whole(
    hold="retention/hold_document",
    still_due=None,
    parts={"retention/document_behaviours": 1, "retention/document_features": 10, "retention/document_domains": 10},
    row="retention/document_row",
)
_ANALYSIS = Whole(
    hold="retention/hold_analysis",
    still_due="retention/still_abandoned",
    parts={"retention/analysis_cases": 1, "retention/analysis_suites": 1, "retention/analysis_files": 10},
    row="retention/analysis_row",
)


# More than a backlog of a month needs; whatever is left then is in use by somebody, and the days go all the same.
_ROLL_UPS = 300


class Steps:
    """One sweep, judged from beginning to end by one moment of the server's clock; counts into *swept* as it goes."""

    def __init__(self, connection: Connection, rules: Rules, swept: Swept) -> None:
        self._connection = connection
        self._swept = swept
        self._batches = Batches(connection, rules)

    async def run(self, now: datetime, policy: Policy) -> None:
        try:
            due = await look(self._batches, now, policy)
            if due.any_of("history"):
                await self._expire_history(now)
            if due.any_of("documents_withdrawn", "documents"):
                await self._remove_expired_documents(now)
            # What goes before them may be all that referred to an analysis.
            if due.any_of("history", "documents_withdrawn", "documents", "analyses_condemned", "analyses"):
                await self._remove_orphaned_analyses(now)
            if due.any_of("sums", "job_days", "jobs"):
                await self._sum_up()
            if due.any_of("job_days"):
                await self._drop_old_job_days(horizon(now, policy.jobs))
            await self._remove_old_rows(now, policy, due)
            await self._remove_of_models(now, policy, due)
            if due.any_of("days_ahead"):
                await self._make_partitions()
        finally:
            self._swept.skipped_batches = self._batches.skipped

    async def _expire_history(self, now: datetime) -> None:
        expire = rows("retention/expired_history", now)
        await self._batches.repeat(expire, self._count("history"))

    async def _remove_expired_documents(self, now: datetime) -> None:
        withdraw = rows("retention/expired_documents", now)
        await self._batches.repeat(withdraw, self._count("documents_withdrawn"))
        last = 0
        while keys := await self._keys("retention/removed_documents", last):
            await Removal(_DOCUMENT, keys).run(self._batches, self._count("documents"))
            last = keys[-1]

    async def _remove_orphaned_analyses(self, now: datetime) -> None:
        await self._batches.repeat(partial(_condemn, now), self._count("analyses_condemned"))
        last = 0
        while keys := await self._keys("retention/abandoned_analyses", now, last):
            await Removal(_ANALYSIS, keys).run(self._batches, self._count("analyses"))
            last = keys[-1]

    async def _sum_up(self) -> None:
        """Bring the sums of finished jobs up to date, so that no day goes that is not in them."""
        for _ in range(_ROLL_UPS):
            if await self._batches.run(_roll_up) != 1:
                return

    async def _drop_old_job_days(self, before: datetime | None) -> None:
        days = await self._connection.fetch(statement("retention/old_partitions"), before)
        for day in days:
            dropped = await self._batches.run(partial(_drop_partition, day["name"]))
            self._swept.job_days += dropped or 0

    async def _remove_old_rows(self, now: datetime, policy: Policy, due: Due) -> None:
        for field, name, of, kept in (
            ("jobs", "retention/delete_strays", ("job_history",), policy.jobs),
            ("attempts", "retention/delete_strays", ("attempt",), policy.jobs),
            ("workers", "retention/delete_workers", (), policy.workers),
            ("cron_runs", "retention/delete_cron_runs", (), policy.cron_runs),
            ("minutes", "retention/delete_rollups", ("minutes",), policy.minutes),
            ("hours", "retention/delete_rollups", ("hours",), policy.hours),
            ("actions", "retention/delete_rollups", ("actions",), policy.actions),
        ):
            if kept is not None and due.any_of(field):
                delete = partial(_delete, name, (*of, now - kept))
                await self._batches.repeat(delete, self._count(field))

    async def _remove_of_models(self, now: datetime, policy: Policy, due: Due) -> None:
        for field, kept in (("model_answers", policy.model_answers), ("model_requests", policy.model_requests)):
            if kept is not None and due.any_of(field):
                delete = rows(f"retention/old_{field}", now - kept)
                await self._batches.repeat(delete, self._count(field))

    async def _make_partitions(self) -> None:
        self._swept.days_ahead = await self._batches.run(_make_partitions) or 0

    async def _keys(self, name: str, *arguments: object) -> list[int]:
        return [row["id"] for row in await self._connection.fetch(statement(name), *arguments)]

    def _count(self, field: str) -> Callable[[int], None]:
        def count(done: int) -> None:
            setattr(self._swept, field, getattr(self._swept, field) + done)

        return count


async def _condemn(now: datetime, connection: Connection, size: int) -> int:
    """Two statements, so that the second sees every reference that was committed before the first had its locks."""
    orphans = await connection.fetch(statement("retention/orphaned_analyses"), now, size)
    if not orphans:
        # Most nights; the driver would ask the server what an array is first.
        return 0
    return await affected(connection, "retention/condemn", ([row["id"] for row in orphans],))


async def _roll_up(connection: Connection, _size: int) -> int:
    """Return 1 while there is more to sum up; where somebody else is at it, there is not."""
    return int(await connection.fetchval(statement("retention/roll_up")) is False)


async def _drop_partition(name: str, connection: Connection, _size: int) -> int:
    await connection.execute(statement("retention/drop_partition"), name)
    return 1


async def _delete(name: str, arguments: tuple[object, ...], connection: Connection, size: int) -> int:
    deleted: int = await connection.fetchval(statement(name), *arguments, size)
    return deleted


async def _make_partitions(connection: Connection, _size: int) -> int:
    made: int = await connection.fetchval(statement("retention/make_partitions"))
    return made
