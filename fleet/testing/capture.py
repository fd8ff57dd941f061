"""What a block of a test enqueued."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Generic, NoReturn, TypeVar

import msgspec

from fleet.db import Connection, Pool, Row
from fleet.queue.context import Context
from fleet.queue.job import Job
from fleet.queue.registry import Registration
from fleet.queue.sealed import Unseal

JobT = TypeVar("JobT", bound=Job)

_LAST = "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('fleet.job', 'id')::regclass), 0)"
_SINCE = """
    select id, kind, queue, priority, unique_key, fair_key, args::text, enqueued_at, run_at
    from fleet.job where id > $1
    union all
    select id, kind, queue, priority, unique_key, fair_key, args::text, enqueued_at, null
    from fleet.job_history where id > $1
    order by id
"""


class Enqueued(msgspec.Struct, Generic[JobT], frozen=True, kw_only=True):
    """A job as it stood at the end of the block; of one that has ended by then, the database keeps no delay."""

    id: int
    job: JobT
    queue: str
    priority: int
    unique_key: str | None
    fair_key: str | None
    enqueued_at: datetime
    run_at: datetime | None

    @property
    def delay(self) -> timedelta | None:
        return None if self.run_at is None else self.run_at - self.enqueued_at


class Captured:
    """The jobs that a block enqueued, once it is over; not those that were there already under the same unique key."""

    def __init__(self) -> None:
        self.rows: list[Row] | None = None

    def of(self, kind: type[JobT], unseal: Unseal | None = None) -> list[Enqueued[JobT]]:
        """Return the jobs of *kind* in the order they were enqueued; raises InvalidJob when one does not decode."""
        decode = Registration(kind, _nobody, unseal).decode
        return [
            Enqueued(
                id=row["id"],
                job=decode(row["args"]),
                queue=row["queue"],
                priority=row["priority"],
                unique_key=row["unique_key"],
                fair_key=row["fair_key"],
                enqueued_at=row["enqueued_at"],
                run_at=row["run_at"],
            )
            for row in self._all()
            if row["kind"] == kind.kind
        ]

    def one(self, kind: type[JobT], unseal: Unseal | None = None) -> Enqueued[JobT]:
        """Return the job of *kind*; raises AssertionError, saying what was enqueued, when there is not exactly one."""
        found = self.of(kind, unseal)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} jobs of {kind.kind} were enqueued, not one; {self}")
        return found[0]

    def __len__(self) -> int:
        return len(self._all())

    def __str__(self) -> str:
        lines = [f"  {row['id']}: {row['kind']} {row['args']} in {row['queue']}" for row in self._all()]
        return "\n".join(["this was enqueued:", *lines]) if lines else "nothing was enqueued"

    def _all(self) -> list[Row]:
        if self.rows is None:
            raise AssertionError("what a block enqueued is known when the block is over")
        return self.rows


class Capture:
    """``async with capture() as captured``: what is enqueued until the block is left, by whomever."""

    def __init__(self, database: Pool) -> None:
        self._database = database

    @asynccontextmanager
    async def __call__(self, within: "Connection | None" = None) -> AsyncIterator[Captured]:
        """Capture what is committed by the end; or what is seen *within* the transaction of a connection."""
        database = self._database if within is None else within
        captured = Captured()
        last = await database.fetchval(_LAST)
        yield captured
        captured.rows = await database.fetch(_SINCE, last)


async def _nobody(_job: Job, _: Context) -> NoReturn:
    """Stand where a registration has its handler; only its decoder is wanted."""
    raise AssertionError("nothing that was captured is run")
