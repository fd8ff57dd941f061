"""Typed jobs into the queue, in the caller's transaction."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fleet.db import Connection, RefusedValue, ServerError
from fleet.errors import InvalidJob, UnknownKind
from fleet.queue.job import Job

# A NUL as JSON writes it, not the six characters of one that a backslash already escapes.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Queued(msgspec.Struct, frozen=True):
    """The job's id; *inserted* is False when a live job with the same unique key was already there."""

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
    traceparent: str | None = None,
) -> Queued:
    """Enqueue *job*; it exists when the caller's transaction commits.

    Raises UnknownKind when no migration has declared its kind, InvalidJob when the queue refuses a value.
    """
    try:
        row = await connection.fetchrow(
            "select id, inserted from fleet.enqueue($1, $2::text::jsonb, queue => $3, delay => $4, run_at => $5,"
            " priority => $6, traceparent => $7)",
            job.kind,
            encode(job),
            queue,
            delay,
            run_at,
            priority,
            traceparent,
        )
    except (ServerError, *RefusedValue) as refusal:
        raise _as_error(refusal, job.kind) from None
    assert row is not None  # noqa: S101  # the function returns one row or raises
    return Queued(row["id"], row["inserted"])


async def declare(connection: Connection, jobs: Iterable[type[Job]]) -> None:
    """Make the kinds of *jobs* known to the database, with their queue, attempts and unique key."""
    for job in jobs:
        await connection.execute(
            "select fleet.declare_kind($1, $2, $3, $4, $5, $6::text::jsonb)",
            job.kind,
            job.queue,
            job.policy.max_attempts,
            job.policy.time_limit,
            list(job.unique_by),
            msgspec.json.encode(_defaults(job)).decode(),
        )


def encode(job: Job) -> str:
    """Return the arguments of *job* as JSON text; raises InvalidJob with the path of what does not fit its type."""
    try:
        text = msgspec.json.encode(job).decode()
        # A struct checks nothing when it is made in code, so what will be decoded is decoded once now.
        msgspec.json.decode(text, type=type(job))
    except msgspec.ValidationError as problem:
        raise InvalidJob(f"arguments of {job.kind} are not valid: {problem}") from None
    except UnicodeEncodeError:
        raise InvalidJob("arguments must be text that can be written as UTF-8", kind=job.kind) from None
    if _NUL.search(text):
        raise InvalidJob("arguments must not contain a NUL character", kind=job.kind)
    return text


def _defaults(job: type[Job]) -> dict[str, Any]:
    return {
        field.encode_name: field.default
        for field in msgspec.structs.fields(job)
        if field.default is not msgspec.NODEFAULT
    }


def _as_error(refusal: BaseException, kind: str) -> BaseException:
    match getattr(refusal, "sqlstate", None):
        case "FL001":
            return UnknownKind(str(refusal), hint=getattr(refusal, "hint", None))
        case "FL002":
            return InvalidJob(str(refusal), kind=kind)
    if isinstance(refusal, RefusedValue):
        return InvalidJob("the queue refuses a value of this job", kind=kind, reason=str(refusal))
    return refusal
