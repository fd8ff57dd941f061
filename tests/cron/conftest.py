"""A task at a clock that the test sets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from fleet.cron import Run, Task, Work, run_once
from fleet.db import Connection, Row, connect
from fleet.testing.clock import set_clock
from fleet.testing.database import Database

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TASK = Task(name="report", every=DAY, time_limit=timedelta(seconds=20), version="abc")

# Runs a task after so much time has passed.
RunAfter = Callable[..., Awaitable[Run]]


async def finish(run: Run) -> None:
    run.counts["lines"] = 3
    run.complete = True


@pytest.fixture
async def run_after(conn: Connection) -> RunAfter:
    now = NOON

    async def run_after(passed: timedelta = timedelta(0), *, work: Work = finish, task: Task = TASK) -> Run:
        nonlocal now
        now += passed
        await set_clock(conn, now)
        return await run_once(conn, task, work)

    return run_after


async def records(connection: Connection) -> list[Row]:
    return await connection.fetch("select * from fleet.cron_run order by id")


async def shown(connection: Connection) -> Row | None:
    """What fleet.cron says of the task."""
    return await connection.fetchrow("select * from fleet.cron where task = 'report'")


@asynccontextmanager
async def session(database: Database, *, now: datetime = NOON) -> AsyncIterator[Connection]:
    async with connect(database.url, application="fleet-report") as connection:
        await set_clock(connection, now)
        yield connection
