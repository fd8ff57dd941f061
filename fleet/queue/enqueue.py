"""Typed jobs into the queue, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from fleet import telemetry
from fleet.db import Connection, RefusedValue, ServerError
from fleet.queue.arguments import check_version, defaults, encode, fair_by, unique_by
from fleet.queue.job import Job
from fleet.queue.refusal import as_error
from fleet.queue.sealed import Seal, check_sealed
from fleet.queue.sending import sending

OnConflict = Literal["skip", "replace", "debounce"]


class Queued(msgspec.Struct, frozen=True):
    """The job's id; *inserted* is False when one with the same unique key was already there."""

    id: int
    inserted: bool


async def enqueue(
    connection: Connection,
    job: Job,
    *,
    queue: str | None = None,
    delay: timedelta | None = None,
    run_at: datetime | None = None,
    priority: int = 0,
    max_attempts: int | None = None,
    traceparent: str | None = None,
    on_conflict: OnConflict = "skip",
    debounce_at_most: timedelta | None = None,
    seal: Seal | None = None,
) -> Queued:
    """Enqueue *job*; it exists when the caller's transaction commits.

    *on_conflict* says what becomes of a job that waits under the same unique key: skip leaves it as it is; replace
    gives it these arguments, this priority and this time; debounce gives it these arguments and puts it off by *delay*,
    at most until *debounce_at_most* after it was first enqueued. A running one is never touched. *max_attempts* is the
    policy's unless it is given, and stays what it was when a job that waits is replaced or debounced. *seal* seals the
    arguments that are to be sealed.

    Raises UnknownKind when no migration has declared its kind, InvalidJob when the queue refuses a value, and QueueFull
    when as many jobs wait as may.
    """
    try:
        with sending(queue or job.queue, job.kind, traceparent) as told:
            row = await connection.fetchrow(
                "select id, inserted from fleet.enqueue($1, $2::text::jsonb, queue => $3, delay => $4, run_at => $5,"
                " priority => $6, max_attempts => $7, traceparent => $8, on_conflict => $9, debounce_at_most => $10)",
                job.kind,
                encode(job, seal),
                queue,
                delay,
                run_at,
                priority,
                max_attempts,
                telemetry.traceparent() or traceparent,
                on_conflict,
                debounce_at_most,
            )
            assert row is not None  # noqa: S101  # the function returns one row or raises
            told |= {"messaging.message.id": str(row["id"]), "fleet.job.inserted": row["inserted"]}
    except (ServerError, *RefusedValue) as refusal:
        raise as_error(refusal, job.kind) from None
    return Queued(row["id"], row["inserted"])


async def enqueue_many(
    connection: Connection,
    jobs: Sequence[Job],
    *,
    queue: str | None = None,
    delay: timedelta | None = None,
    run_at: datetime | None = None,
    priority: int = 0,
    max_attempts: int | None = None,
    traceparent: str | None = None,
    on_conflict: OnConflict = "skip",
    debounce_at_most: timedelta | None = None,
    seal: Seal | None = None,
) -> list[Queued]:
    """Enqueue *jobs* in one statement, all or none, unique among themselves too; answers in their order.

    The options are those of enqueue, for every job.
    """
    options = {
        "queue": queue,
        "delay": None if delay is None else f"{delay.days} days {delay.seconds} s {delay.microseconds} us",
        "run_at": None if run_at is None else run_at.isoformat(),
        "priority": priority,
        "max_attempts": max_attempts,
    }
    given = [{"kind": job.kind, "args": msgspec.Raw(encode(job, seal).encode()), **options} for job in jobs]
    kinds = ", ".join(sorted({job.kind for job in jobs}))
    queues = ", ".join(sorted({queue or job.queue for job in jobs}))
    try:
        with sending(queues, kinds, traceparent, count=len(jobs)):
            within = {"traceparent": telemetry.traceparent() or traceparent}
            rows = await connection.fetch(
                "select id, inserted from fleet.enqueue_many($1::text::jsonb, $2, $3) order by ordinality",
                msgspec.json.encode([one | within for one in given]).decode(),
                on_conflict,
                debounce_at_most,
            )
    except (ServerError, *RefusedValue) as refusal:
        raise as_error(refusal, kinds) from None
    return [Queued(row["id"], row["inserted"]) for row in rows]


async def declare(connection: Connection, jobs: Iterable[type[Job]]) -> None:
    """Make the kinds of *jobs* known to the database, with their queue, attempts, and what their keys are.

    Raises InvalidJob when a kind is unique or fair by an argument it does not have, as all its jobs would be the same,
    or by one that is sealed, as none of them would be.
    """
    for job in jobs:
        check_version(job)
        check_sealed(job)
        names = unique_by(job)
        await connection.execute(
            "select fleet.declare_kind($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10)",
            job.kind,
            job.queue,
            job.policy.max_attempts,
            job.policy.time_limit,
            names,
            msgspec.json.encode(defaults(job)).decode(),
            job.unique_scope,
            fair_by(job),
            job.policy.retry_budget.share,
            job.policy.retry_budget.per_minute,
        )
