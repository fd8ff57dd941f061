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
    """Make the kinds of *jobs* known to the database, with their queue, attempts, unique key and its scope.

    Raises InvalidJob when a kind is unique by an argument it does not have: all its jobs would be the same.
    """
    for job in jobs:
        unique_by = _unique_by(job)
        await connection.execute(
            "select fleet.declare_kind($1, $2, $3, $4, $5, $6::text::jsonb, $7)",
            job.kind,
            job.queue,
            job.policy.max_attempts,
            job.policy.time_limit,
            unique_by,
            msgspec.json.encode(_defaults(job)).decode(),
            job.unique_scope,
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
    except (TypeError, OverflowError) as problem:
        raise InvalidJob("arguments cannot be written as JSON", kind=job.kind, reason=str(problem)) from None
    if _NUL.search(text):
        raise InvalidJob("arguments must not contain a NUL character", kind=job.kind)
    return text


def _unique_by(job: type[Job]) -> list[str]:
    """Return the names under which the arguments that make a job unique are written."""
    written = {field.name: field.encode_name for field in msgspec.structs.fields(job)}
    missing = [name for name in job.unique_by if name not in written]
    if missing:
        raise InvalidJob("a kind is unique by an argument it does not have", kind=job.kind, missing=missing)
    return [written[name] for name in job.unique_by]


def _defaults(job: type[Job]) -> dict[str, Any]:
    defaults = {}
    for field in msgspec.structs.fields(job):
        if field.default is not msgspec.NODEFAULT:
            defaults[field.encode_name] = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            defaults[field.encode_name] = field.default_factory()
    return defaults


def _as_error(refusal: BaseException, kind: str) -> BaseException:
    match getattr(refusal, "sqlstate", None):
        case "FL001":
            return UnknownKind("no migration has declared this kind", kind=kind, hint=getattr(refusal, "hint", None))
        case "FL002":
            return InvalidJob(str(refusal), kind=kind)
    if isinstance(refusal, RefusedValue):
        return InvalidJob("the queue refuses a value of this job", kind=kind, reason=_reason(refusal))
    return refusal


def _reason(refusal: BaseException) -> str:
    """Return what is wrong, without the row that the server would quote."""
    return getattr(refusal, "constraint_name", None) or str(refusal).partition("\n")[0]
