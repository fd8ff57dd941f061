"""What status shows: a fleet at one moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fleet.cli.table import Cell, Column, Row, Table
from fleet.cli.words import brief, counted, first_line, moment
from fleet.db import Connection, InsufficientPrivilege
from fleet.sql import statement

RECENT = timedelta(hours=1)
_RUNNING_SHOWN = 10

_QUEUES = (
    Column("queue", cut=True),
    Column("ready", right=True),
    Column("scheduled", right=True, needs=72),
    Column("held", right=True, needs=72),
    Column("running", right=True),
    Column("oldest wait", right=True),
    Column("done/min", right=True, needs=80),
    Column("workers", right=True, needs=70),
    Column("note", needs=90, cut=True),
)
_RUNNING = (
    Column("id", right=True),
    Column("kind", cut=True),
    Column("tried", right=True, needs=70),
    Column("for", right=True),
    Column("lease", right=True, needs=80),
    Column("worker", needs=100, cut=True),
    Column("progress", cut=True),
)
_FAILURES = (
    Column("count", right=True),
    Column("kind", cut=True),
    Column("error", cut=True),
    Column("latest", needs=100),
    Column("for example", right=True, needs=80),
)
_PROBLEMS = (Column("not well"), Column("detail", cut=True))


class Picture(msgspec.Struct, frozen=True):
    """A fleet at one moment; *failures* is None where whoever asks may not read the history."""

    at: datetime
    queues: Sequence[Any]
    running: Sequence[Any]
    running_in_all: int
    failures: Sequence[Any] | None
    health: Sequence[Any]


async def look(connection: Connection) -> Picture:
    """Take a picture; each part is a statement of its own, and so of its own moment."""
    return Picture(
        at=await connection.fetchval("select fleet.now()"),
        queues=await connection.fetch(
            "select queue, ready, scheduled, held, running, oldest_wait, finished_last_minute, workers, paused_at,"
            " paused_by, pause_reason, resume_at, max_running, max_waiting from fleet.queues"
        ),
        running=await connection.fetch(
            "select id, kind, queue, attempt, max_attempts, service, replica, age, lease_left, cancel_requested_at,"
            " progress from fleet.running limit $1",
            _RUNNING_SHOWN,
        ),
        running_in_all=await connection.fetchval("select count(*) from fleet.running"),
        failures=await _failures(connection),
        health=await connection.fetch('select "check", ok, detail from fleet.health()'),
    )


async def _failures(connection: Connection) -> Sequence[Any] | None:
    try:
        return await connection.fetch(statement("cli/recent_failures"), RECENT)
    except InsufficientPrivilege:
        return None


def tables(picture: Picture) -> list[Table]:
    """Return what of a picture is worth a look: queues always, the rest where there is any."""
    problems = [check for check in picture.health if not check["ok"]]
    running = counted(picture.running_in_all, "running job")
    shown = [
        Table(_QUEUES, [_queue(queue) for queue in picture.queues], f"Queues at {moment(picture.at)}"),
        Table(_RUNNING, [_running(job) for job in picture.running], f"Longest of {running}"),
        Table(_FAILURES, [_failure(error) for error in picture.failures or ()], "Failed or lost within the hour"),
        Table(_PROBLEMS, [(Cell(check["check"], "red"), check["detail"]) for check in problems], "Health"),
    ]
    return [shown[0], *(table for table in shown[1:] if table.rows)]


def _queue(queue: Any) -> Row:
    counts = [_count(queue[name]) for name in ("ready", "scheduled", "held", "running")]
    served = Cell(str(queue["workers"]), "" if queue["workers"] or not queue["ready"] else "red")
    return (
        Cell(queue["queue"], "yellow" if queue["paused_at"] else ""),
        *counts,
        brief(queue["oldest_wait"]),
        _count(queue["finished_last_minute"]),
        served,
        _note(queue),
    )


def _count(number: int) -> str:
    return f"{number:,}" if number else "-"


def _note(queue: Any) -> str:
    notes = []
    if queue["paused_at"]:
        until = f" until {moment(queue['resume_at'])}" if queue["resume_at"] else ""
        reason = f": {first_line(queue['pause_reason'])}" if queue["pause_reason"] else ""
        notes.append(f"paused{until} by {first_line(queue['paused_by'])}{reason}")
    if queue["max_running"] is not None:
        notes.append(f"at most {queue['max_running']} run")
    if queue["max_waiting"] is not None:
        notes.append(f"at most {queue['max_waiting']} wait")
    return "; ".join(notes)


def _running(job: Any) -> Row:
    lost = job["lease_left"] is None or job["lease_left"] < timedelta(0)
    return (
        str(job["id"]),
        job["kind"],
        f"{job['attempt']}/{job['max_attempts']}",
        brief(job["age"]),
        Cell("lost" if lost else brief(job["lease_left"]), "red" if lost else ""),
        first_line(f"{job['service']} {job['replica']}") if job["service"] else "",
        "cancelling" if job["cancel_requested_at"] else _progress(job["progress"]),
    )


def _progress(text: str | None) -> str:
    progress = msgspec.json.decode(text) if text else None
    if not isinstance(progress, dict):
        return ""
    done = f"{progress.get('done')}/{progress.get('total')}" if progress.get("total") else ""
    return first_line(f"{progress.get('phase') or ''} {done}".strip())


def _failure(error: Any) -> Row:
    return (
        f"{error['count']:,}",
        error["kind"],
        first_line(error["error"]),
        moment(error["latest"]),
        str(error["sample_ids"][0]),
    )
