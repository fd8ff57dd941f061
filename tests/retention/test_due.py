"""What a sweep has to do is asked once; a step that has nothing to do is not begun."""

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest

from fleet.db import Connection, connect
from fleet.retention.policy import read_policy
from fleet.retention.rules import Swept
from fleet.retention.sweep import foresee
from fleet.sql import statement
from fleet.testing.clock import set_clock
from fleet.testing.database import Database
from tests.retention.conftest import DAY, NOW, RULES, Stored, Sweep
from tests.retention.test_foresight import ATTEMPT, CRON_RUN, JOB, SUMS, WORKER
from tests.retention.test_models import ANSWER, REQUEST

# Older than whatever is kept for a while.
LONG_AGO = NOW - 500 * DAY
ASKED = [statement(f"retention/{name}") for name in ("policy", "clock", "limits", "due")]

Make = Callable[[Stored], Awaitable[object]]


async def _entry(stored: Stored) -> None:
    await stored.history(await stored.analysis(userless=True), age=31 * DAY)


async def _document(stored: Stored) -> None:
    await stored.document(await stored.analysis(userless=True), age=31 * DAY)


async def _withdrawn(stored: Stored) -> None:
    await stored.document(await stored.analysis(userless=True), age=DAY, removed=True)


async def _answer(stored: Stored) -> None:
    await stored.analysis(age=timedelta(hours=1))
    await stored.connection.execute(
        ANSWER, await stored.connection.fetchval("select id from app.codebases"), b"", LONG_AGO
    )


def _row(insert: str, *more: object) -> Make:
    async def put(stored: Stored) -> None:
        await stored.connection.execute(insert, *more)

    return put


DAY_OF_ATTEMPTS = """
    create table fleet.attempt_20250101 partition of fleet.attempt
    for values from ('2025-01-01 00:00Z') to ('2025-01-02 00:00Z')
"""
DUE: dict[str, tuple[str, Make]] = {
    "an entry": ("history", _entry),
    "a document": ("documents", _document),
    "a withdrawn document": ("documents", _withdrawn),
    "an orphan": ("analyses_condemned", lambda stored: stored.analysis()),
    "an abandoned analysis": ("analyses", lambda stored: stored.analysis(completed=False)),
    "a day": ("job_days", _row(DAY_OF_ATTEMPTS)),
    "a job": ("jobs", _row(JOB, 1, LONG_AGO)),
    "an attempt": ("attempts", _row(ATTEMPT, 1, LONG_AGO)),
    "a worker": ("workers", _row(WORKER, LONG_AGO)),
    "a record": ("cron_runs", _row(CRON_RUN, LONG_AGO, "failed")),
    "a minute": ("minutes", _row(SUMS["minute"], LONG_AGO, "a")),
    "a depth": ("minutes", _row(SUMS["depth"], LONG_AGO, "a")),
    "an hour": ("hours", _row(SUMS["hour"], LONG_AGO, "a")),
    "a failure": ("hours", _row(SUMS["failure"], LONG_AGO, "a")),
    "an action": ("actions", _row(SUMS["action"], LONG_AGO, "a")),
    "an answer": ("model_answers", _answer),
    "a request": ("model_requests", _row(REQUEST, LONG_AGO)),
}

# The line of app.retention_policy that decides, where it has another name.
POLICIES = {"job_days": "jobs", "attempts": "jobs"}


@contextmanager
def asking(connection: Connection) -> Iterator[list[str]]:
    """Collect the statements of the project that *connection* asks."""
    asked: list[str] = []

    with connection.query_logger(lambda record: asked.append(record.query)):
        yield asked
    # Between them are those that begin and end transactions, of which the driver tells a moment later.
    asked[:] = [query for query in asked if query.startswith("--")]


@pytest.fixture
async def swept_lately(stored: Stored, sweeping: Sweep) -> Stored:
    """A database in which nothing is due."""
    await sweeping()
    return stored


async def test_a_sweep_that_has_nothing_to_do_begins_no_step(swept_lately: Stored, sweeping: Sweep) -> None:
    with asking(swept_lately.connection) as asked:
        swept = await sweeping()

    assert swept == Swept()
    assert asked == ASKED


@pytest.mark.parametrize(("field", "make"), DUE.values(), ids=DUE)
async def test_what_is_due_alone_is_removed(swept_lately: Stored, sweeping: Sweep, field: str, make: Make) -> None:
    await swept_lately.connection.execute(
        "update app.retention_policy set days = null where what <> $1", POLICIES.get(field, field)
    )
    await make(swept_lately)
    foreseen = await foresee(swept_lately.connection, await read_policy(swept_lately.connection))

    swept = await sweeping()

    assert getattr(swept, field) == 1
    assert swept == foreseen


async def test_what_is_kept_for_ever_is_not_due(swept_lately: Stored, sweeping: Sweep) -> None:
    await swept_lately.connection.execute("update app.retention_policy set days = null")
    for field, make in DUE.values():
        if field not in {"history", "documents", "analyses", "analyses_condemned"}:
            await make(swept_lately)
    with asking(swept_lately.connection) as asked:
        assert await sweeping() == Swept()

    assert asked == ASKED


async def test_an_analysis_goes_in_the_run_in_which_its_last_entry_does(swept_lately: Stored, sweeping: Sweep) -> None:
    await swept_lately.history(await swept_lately.analysis(), age=31 * DAY)

    swept = await sweeping()

    assert (swept.history, swept.analyses_condemned, swept.analyses) == (1, 1, 1)


async def test_the_coming_days_are_made_as_soon_as_one_of_them_is_missing(
    swept_lately: Stored, sweeping: Sweep
) -> None:
    await set_clock(swept_lately.connection, NOW + DAY)
    tomorrow = await sweeping()
    await swept_lately.connection.execute("drop table fleet.attempt_20260410")

    assert tomorrow.days_ahead == 2
    assert (await sweeping()).days_ahead == 1


@pytest.mark.parametrize(("later", "steps"), [(timedelta(minutes=59), 0), (timedelta(hours=1), 1), (-DAY, 1)])
async def test_the_sums_are_brought_up_to_date_when_they_are_an_hour_old(
    swept_lately: Stored, sweeping: Sweep, later: timedelta, steps: int
) -> None:
    counted = await swept_lately.connection.fetchval("select counted_at from fleet.rollup")
    await set_clock(swept_lately.connection, counted + later)
    with asking(swept_lately.connection) as asked:
        await sweeping()

    assert asked.count(statement("retention/roll_up")) == steps


async def test_where_it_cannot_be_told_what_is_due_each_step_is_tried(
    swept_lately: Stored, database: Database, sweeping: Sweep
) -> None:
    await swept_lately.history(await swept_lately.analysis(userless=True), age=31 * DAY)

    async with connect(database.url, application="other") as other, other.transaction():
        await other.execute("lock table app.model_answers")
        swept = await sweeping(msgspec.structs.replace(RULES, lock_limit=timedelta(milliseconds=20)))

    assert (swept.history, swept.skipped_batches) == (1, 1)


# Each is gone through in the order of what is asked: where nothing is due, all of its table would be read otherwise.
IN_ORDER = {
    *("user_analysis_history_age", "documents_age", "documents_pkey", "analyses_pkey", "model_answers_age"),
    "model_requests_age",
}
REFERENCES = {"user_analysis_history_analysis", "documents_analysis"}
OF_QUEUE = {"job_minute_pkey", "depth_minute_pkey", "job_hour_pkey", "failure_hour_at"}


async def _plan(connection: Connection, prepared: str, parameters: int, *off: str) -> str:
    await connection.execute("".join(f"set enable_{what} = off;" for what in ("bitmapscan", *off)))
    await connection.execute(f"set plan_cache_mode = force_generic_plan; {prepared}")
    nothing = ", ".join(["null"] * parameters)
    return "\n".join(row[0] for row in await connection.fetch(f"explain execute asked({nothing})"))


@pytest.mark.parametrize(("off", "indexes"), [("sort", IN_ORDER), ("seqscan", REFERENCES)], ids=["order", "references"])
async def test_what_is_due_of_users_is_found_by_indexes(conn: Connection, off: str, indexes: set[str]) -> None:
    plan = await _plan(conn, f"prepare asked as {statement('retention/due')}", 9, off)

    assert {name for name in indexes if f" using {name} " not in plan} == set(), plan
    assert "Sort" not in plan


async def test_what_is_due_of_sums_is_found_by_indexes(conn: Connection) -> None:
    body = await conn.fetchval("select prosrc from pg_proc where proname = 'cleanup_due'")

    plan = await _plan(conn, f"prepare asked ({', '.join(['timestamptz'] * 6)}) as {body}", 6, "seqscan")

    found = re.findall(r" using (\w+)[^\n]*\n\s+Index Cond: \(at <= \$\d\)", plan)
    assert set(found) == OF_QUEUE
