"""What is old enough to go, and what stays."""

from datetime import datetime, timedelta

import msgspec
import pytest

from fleet.testing.clock import set_clock
from tests.retention.conftest import DAY, NOW, RULES, Stored, Sweep

MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize("days", [1, 3, 30, 180, 36_500])
@pytest.mark.parametrize(("lateness", "left"), [(-MICROSECOND, 1), (timedelta(0), 0), (MICROSECOND, 0)])
async def test_history_goes_when_its_days_are_over_to_the_microsecond(
    stored: Stored, sweeping: Sweep, days: int, lateness: timedelta, left: int
) -> None:
    await stored.history(await stored.analysis(), age=days * DAY + lateness, days=days)

    swept = await sweeping()

    assert await stored.count("app.user_analysis_history") == left
    assert swept.history == 1 - left


@pytest.mark.parametrize(("lateness", "left"), [(-MICROSECOND, 1), (timedelta(0), 0), (MICROSECOND, 0)])
async def test_a_document_goes_when_its_days_are_over_to_the_microsecond(
    stored: Stored, sweeping: Sweep, lateness: timedelta, left: int
) -> None:
    await stored.document(await stored.analysis(), age=3 * DAY + lateness, days=3)

    swept = await sweeping()

    assert await stored.count("app.documents") == left
    assert swept.documents == 1 - left


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("now", ["2026-03-29 02:30Z", "2026-03-30 00:30Z", "2026-11-01 07:00Z", "2024-03-01 00:00Z"])
async def test_days_have_24_hours_where_clocks_are_put_forward_and_in_leap_years(
    stored: Stored, sweeping: Sweep, zone: str, now: str
) -> None:
    await set_clock(stored.connection, datetime.fromisoformat(now))
    await stored.connection.execute(f"set timezone = '{zone}'")
    analysis = await stored.analysis()
    for age in (DAY, DAY - MICROSECOND):
        await stored.connection.execute(
            "with visitor as (insert into app.users default values returning id)"
            " insert into app.user_analysis_history (user_id, analysis_id, created_at, retention_days)"
            " select id, $1, $2, 1 from visitor",
            analysis,
            datetime.fromisoformat(now) - age,
        )

    await sweeping()

    left = await stored.connection.fetch("select created_at from app.user_analysis_history")
    assert [row["created_at"] for row in left] == [datetime.fromisoformat(now) - DAY + MICROSECOND]


async def test_what_has_no_retention_is_never_deleted(stored: Stored, sweeping: Sweep) -> None:
    analysis = await stored.analysis(age=40_000 * DAY)
    await stored.history(analysis, age=40_000 * DAY, days=None)
    await stored.document(analysis, age=40_000 * DAY, days=None)

    swept = await sweeping()

    assert (swept.history, swept.documents, swept.analyses) == (0, 0, 0)
    assert await stored.is_complete(analysis)


@pytest.mark.parametrize(
    ("created", "left"), [("infinity", 1), ("294276-12-31", 1), ("-infinity", 0), ("4713-01-01 BC", 0)]
)
async def test_no_date_is_too_far_away_to_judge(stored: Stored, sweeping: Sweep, created: str, left: int) -> None:
    await stored.history(await stored.analysis(), age=DAY, days=36_500)
    await stored.connection.execute(f"update app.user_analysis_history set created_at = '{created}'")

    await sweeping()

    assert await stored.count("app.user_analysis_history") == left


async def test_a_later_change_of_plan_changes_nothing(stored: Stored, sweeping: Sweep) -> None:
    user = await stored.user()
    await stored.history(await stored.analysis(), age=29 * DAY, days=30, user=user)
    await stored.connection.execute("update app.plans set retention_days = 1 where name = 'free'")

    assert (await sweeping()).history == 0


async def test_an_analysis_nobody_refers_to_goes_with_its_inventory(stored: Stored, sweeping: Sweep) -> None:
    await stored.analysis(tests=3)

    swept = await sweeping()

    assert swept.analyses == 1
    assert [
        await stored.count(f"app.{table}") for table in ("analyses", "test_files", "test_suites", "test_cases")
    ] == [*(0, 0, 0, 0)]


async def test_an_analysis_goes_in_the_run_in_which_its_last_reference_expires(stored: Stored, sweeping: Sweep) -> None:
    analysis = await stored.analysis(age=100 * DAY)
    await stored.history(analysis, age=31 * DAY)
    await stored.document(analysis, age=31 * DAY)

    swept = await sweeping()

    assert (swept.history, swept.documents, swept.analyses) == (1, 1, 1)


@pytest.mark.parametrize("reference", ["history", "document", "userless", "youth", "job"])
async def test_an_analysis_somebody_needs_stays(stored: Stored, sweeping: Sweep, reference: str) -> None:
    analysis = await stored.analysis(
        age=DAY - MICROSECOND if reference == "youth" else 100 * DAY, userless=reference == "userless"
    )
    if reference == "history":
        await stored.history(analysis, age=DAY)
    if reference == "document":
        await stored.document(analysis, age=DAY)
    if reference == "job":
        await stored.connection.execute(
            "insert into fleet.job (kind, queue, args) values ('generate_spec', 'specview_default', $1::text::jsonb)",
            f'{{"analysis_id": {analysis}}}',
        )

    assert (await sweeping()).analyses == 0
    assert await stored.is_complete(analysis)


async def test_an_analysis_is_an_orphan_when_it_has_been_complete_for_a_day(stored: Stored, sweeping: Sweep) -> None:
    await stored.analysis(age=DAY)

    assert (await sweeping()).analyses == 1


@pytest.mark.parametrize(("age", "removed"), [(DAY - MICROSECOND, 0), (DAY, 1)])
async def test_an_analysis_that_was_never_completed_goes_after_a_day(
    stored: Stored, sweeping: Sweep, age: timedelta, removed: int
) -> None:
    await stored.analysis(age=age, completed=False, userless=True)

    assert (await sweeping()).analyses == removed


@pytest.mark.parametrize("state", ["ready", "scheduled", "running"])
async def test_an_analysis_whose_job_lives_is_never_touched(stored: Stored, sweeping: Sweep, state: str) -> None:
    running = state == "running"
    job = await stored.connection.fetchval(
        "insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at)"
        " values ('analyze', 'analysis_default', $1::text::fleet.job_state, $2::integer, $2::integer, $3, $4)"
        " returning id",
        *(state, int(running), "11111111-1111-1111-1111-111111111111" if running else None, NOW if running else None),
    )
    analysis = await stored.analysis(age=5 * DAY, completed=False, job=job, tests=3)

    swept = await sweeping()

    assert (swept.analyses, await stored.ids("app.analyses"), await stored.count("app.test_cases")) == (
        0,
        [analysis],
        3,
    )
    assert await stored.ids("fleet.job") == [job]


async def test_days_of_finished_jobs_are_dropped_whole(stored: Stored, sweeping: Sweep) -> None:
    # At 03:00 on the 31st of March, the 1st began 30 days ago but ended 29 days ago.
    for day in ("20260227", "20260228", "20260301"):
        await stored.connection.execute(
            f"create table fleet.job_history_{day} partition of fleet.job_history for values"
            f" from ('{day} 00:00Z') to (timestamptz '{day} 00:00Z' + interval '24 hours');"
            f"create table fleet.attempt_{day} partition of fleet.attempt for values"
            f" from ('{day} 00:00Z') to (timestamptz '{day} 00:00Z' + interval '24 hours')"
        )

    swept = await sweeping()

    left = await stored.connection.fetch(
        "select relname::text from pg_class where relkind = 'r' and relname ~ '_(202602..|20260301)$' order by relname"
    )
    assert [row["relname"] for row in left] == ["attempt_20260301", "job_history_20260301"]
    assert swept.job_days == 4


async def test_finished_jobs_of_days_without_a_partition_go_one_by_one(stored: Stored, sweeping: Sweep) -> None:
    for table in ("job_history", "attempt"):
        await stored.connection.execute(f"delete from fleet.{table}")
    for age in (31 * DAY, 30 * DAY, 30 * DAY - MICROSECOND):
        await stored.connection.execute(
            "insert into fleet.job_history (id, kind, queue, outcome, priority, args, attempt, max_attempts,"
            " enqueued_at, finished_at) values (1, 'greet', 'greetings', 'done', 0, '{}', 1, 1, $1, $1)",
            NOW - age,
        )
        await stored.connection.execute(
            "insert into fleet.attempt (job_id, token, attempt, outcome, ended_at) values (1, 1, 1, 'snoozed', $1)",
            NOW - age,
        )

    swept = await sweeping(msgspec.structs.replace(RULES, batch=1))

    assert (swept.jobs, swept.attempts) == (2, 2)
    assert (await stored.count("fleet.job_history"), await stored.count("fleet.attempt")) == (1, 1)


async def test_the_coming_days_have_their_partitions(stored: Stored, sweeping: Sweep) -> None:
    swept = await sweeping()

    assert swept.days_ahead > 0
    assert await stored.connection.fetchval("select to_regclass('fleet.job_history_20260407') is not null")
