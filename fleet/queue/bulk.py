"""Very many typed jobs into the queue at once, as a stream."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from secrets import token_hex

import msgspec

from fleet.db import COMMAND_LIMIT, Connection, RefusedValue, ServerError
from fleet.errors import InvalidJob, UnknownKind
from fleet.queue.arguments import encode, fair_key
from fleet.queue.job import Job
from fleet.queue.refusal import as_error
from fleet.queue.sealed import Seal

# One COPY each: a connection that breaks while the driver has more to send is noticed only at the limit of a command.
_CHUNK = 10_000

_TRACES = 100

_Record = tuple[object, ...]

_COLUMNS = (
    "kind",
    "queue",
    "state",
    "priority",
    "args",
    "max_attempts",
    "fair_key",
    "traceparent",
    "enqueued_at",
    "run_at",
)


class _Kind(msgspec.Struct, frozen=True):
    """What the database says about a kind; its own clock says when the jobs are enqueued."""

    kind: str
    queue: str
    max_attempts: int
    now: datetime


class _Template(msgspec.Struct, frozen=True, kw_only=True):
    """What all jobs of a type have in common; *state* is that of one without a fair key."""

    queue: str
    state: str
    max_attempts: int
    now: datetime
    run_at: datetime


class _Given(msgspec.Struct, frozen=True):
    """What the caller says about every job; what is None, its kind says."""

    queue: str | None
    delay: timedelta | None
    run_at: datetime | None
    priority: int
    max_attempts: int | None
    traceparent: str | None
    seal: Seal | None


async def enqueue_bulk(
    connection: Connection,
    jobs: Iterable[Job],
    *,
    queue: str | None = None,
    delay: timedelta | None = None,
    run_at: datetime | None = None,
    priority: int = 0,
    max_attempts: int | None = None,
    traceparent: str | None = None,
    seal: Seal | None = None,
) -> int:
    """Enqueue *jobs* by COPY, all or none, and return how many; for kinds without a unique key.

    Raises InvalidJob for a kind that has one: a COPY cannot pass over a job that is already there.
    """
    if delay is not None and run_at is not None:
        raise InvalidJob("give either delay or run_at, not both")
    rows = await connection.fetch("select kind, queue, max_attempts, fleet.now() as now from fleet.kind")
    kinds = {row["kind"]: _Kind(**dict(row)) for row in rows}
    try:
        # A time without a zone is one of this machine's, as it is to the driver.
        moment = None if run_at is None else run_at.astimezone()
        given = _Given(queue, delay, moment, priority, max_attempts, traceparent, seal)
        async with connection.transaction():
            return await _copy(connection, _records(jobs, kinds, given))
    except OverflowError:
        raise InvalidJob("the delay or the time leads to a date beyond all dates") from None
    except (ServerError, *RefusedValue) as refusal:
        raise as_error(refusal, "any of these jobs") from None


async def _copy(connection: Connection, records: Iterator[_Record]) -> int:
    copied = 0
    for first in records:
        # Made while the server stores what came before.
        chunk = chain([first], islice(records, _CHUNK - 1))
        answer = await connection.copy_records_to_table(
            "job", schema_name="fleet", columns=_COLUMNS, records=chunk, timeout=COMMAND_LIMIT.total_seconds()
        )
        copied += int(answer.removeprefix("COPY "))
    return copied


def _records(jobs: Iterable[Job], kinds: dict[str, _Kind], given: _Given) -> Iterator[_Record]:
    known: dict[type[Job], _Template] = {}
    traces = _new_traceparents()
    for job in jobs:
        template = known.get(type(job))
        if template is None:
            template = known[type(job)] = _template(job, kinds, given)
        key = fair_key(job)
        yield (
            job.kind,
            template.queue,
            template.state if key is None or template.state == "scheduled" else "arriving",
            given.priority,
            encode(job, given.seal),
            template.max_attempts,
            key,
            given.traceparent or next(traces),
            template.now,
            template.run_at,
        )


def _template(job: Job, kinds: dict[str, _Kind], given: _Given) -> _Template:
    kind = kinds.get(job.kind)
    if kind is None:
        raise UnknownKind("no migration has declared this kind", kind=job.kind, hint=f"known: {sorted(kinds)}")
    if job.unique_by:
        raise InvalidJob("a kind with a unique key is enqueued by enqueue_many", kind=job.kind)
    run_at = given.run_at or kind.now + (given.delay or timedelta(0))
    return _Template(
        queue=given.queue or kind.queue,
        state="scheduled" if run_at > kind.now else "ready",
        max_attempts=kind.max_attempts if given.max_attempts is None else given.max_attempts,
        now=kind.now,
        run_at=run_at,
    )


def _new_traceparents() -> Iterator[str]:
    """The beginnings of traces, as fleet.new_traceparent makes them; of random bytes that are asked for together."""
    while True:
        digits = token_hex(24 * _TRACES)
        for at in range(0, len(digits), 48):
            yield f"00-{digits[at : at + 32]}-{digits[at + 32 : at + 48]}-01"
