"""The cleanup as the platform's cron runs it."""

import pytest

from fleet.db import Connection, Pool
from fleet.testing.until import until
from tests.processes.conftest import Start

pytestmark = pytest.mark.usefixtures("migrated")


async def an_old_history_entry(pool: Pool) -> None:
    """Two users' histories of one analysis: one has outlived its plan."""
    await pool.execute(
        """
        insert into app.codebases (host, owner, repo) values ('github.com', 'psf', 'requests');
        insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at)
            select id, repeat('a', 40), '1', true, 1, 1, now() from app.codebases;
        insert into app.users (id, plan) values (1, 'free'), (2, 'enterprise');
        insert into app.user_analysis_history (user_id, analysis_id, created_at, retention_days)
            select users.id, analyses.id, now() - interval '31 days', plans.retention_days
            from app.users as users join app.plans as plans on plans.name = users.plan, app.analyses as analyses
        """
    )


async def test_one_run_deletes_what_is_due_says_so_in_one_line_and_exits_0(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    await an_old_history_entry(pool)

    process = await start("retention_cleanup", settings=required["retention_cleanup"])

    assert await process.exit_code() == 0, process.text()
    [line] = process.events()
    assert (line["message"], line["history"], line["outcome"]) == ("cron.ended", 1, "done")
    assert await pool.fetchval("select array_agg(user_id) from app.user_analysis_history") == [2]


async def test_a_second_run_at_the_same_time_says_so_and_exits_0(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, conn: Connection
) -> None:
    await an_old_history_entry(pool)
    # The first run cannot end before this lock is given back.
    async with conn.transaction():
        await conn.execute("select from app.user_analysis_history for update")
        await conn.execute("lock table app.documents in access exclusive mode")
        first = await start("retention_cleanup", settings=required["retention_cleanup"])

        async def first_is_at_work() -> object:
            return await pool.fetchval("select pid from pg_locks where locktype = 'advisory' and granted limit 1")

        await until(first_is_at_work)
        second = await start("retention_cleanup", settings=required["retention_cleanup"])
        code = await second.exit_code()

    assert code == 0
    assert [event["message"] for event in second.events()] == ["cron.already_running"]
    await first.exit_code()


async def test_a_run_that_cannot_end_in_time_ends_itself_and_says_that_it_is_incomplete(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, conn: Connection
) -> None:
    await an_old_history_entry(pool)
    settings = required["retention_cleanup"] | {"CLEANUP_LIMIT_SECONDS": "0.5"}
    async with conn.transaction():
        await conn.execute("lock table app.user_analysis_history in access exclusive mode")
        process = await start("retention_cleanup", settings=settings)
        code = await process.exit_code()

    assert code == 75
    [line] = [event for event in process.events() if event["message"] == "cron.ended"]
    assert (line["outcome"], line["out_of_time"]) == ("partial", True)
    assert await pool.fetchval("select count(*) from app.user_analysis_history") == 2


async def test_a_dry_run_says_and_records_what_the_next_run_deletes_and_deletes_nothing(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    await an_old_history_entry(pool)

    dry = await start("retention_cleanup", "--dry-run", settings=required["retention_cleanup"])
    assert await dry.exit_code() == 0, dry.text()
    left = await pool.fetchval("select count(*) from app.user_analysis_history")
    real = await start("retention_cleanup", settings=required["retention_cleanup"])
    assert await real.exit_code() == 0, real.text()

    [foreseen], [done] = dry.events(), real.events()
    records = await pool.fetch("select dry_run, outcome, counts->>'history' as history from fleet.cron_run order by id")
    assert left == 2
    assert (foreseen["dry_run"], foreseen["history"], done["dry_run"], done["history"]) == (True, 1, False, 1)
    assert [tuple(record) for record in records] == [(True, "done", "1"), (False, "done", "1")]


async def test_a_run_that_had_to_skip_a_batch_is_partial_in_its_record_its_line_and_its_exit_status(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, conn: Connection
) -> None:
    await an_old_history_entry(pool)
    async with conn.transaction():
        await conn.execute("lock table app.user_analysis_history in share mode")
        process = await start("retention_cleanup", settings=required["retention_cleanup"])
        code = await process.exit_code()

    [line] = process.events()
    assert code == 75
    assert (line["level"], line["outcome"], line["skipped_batches"]) == ("warning", "partial", 1)
    assert await pool.fetchval("select outcome from fleet.cron_run") == "partial"


async def test_a_run_that_is_killed_stays_without_an_end_and_the_next_one_says_so(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, conn: Connection
) -> None:
    await an_old_history_entry(pool)
    async with conn.transaction():
        await conn.execute("lock table app.user_analysis_history in access exclusive mode")
        killed = await start("retention_cleanup", settings=required["retention_cleanup"])
        await until(lambda: pool.fetchval("select count(*) from pg_locks where not granted"), what="it is at work")
        running = await pool.fetchval("select state from fleet.cron")
        killed.kill()
        await killed.exit_code()
    await until(
        lambda: pool.fetchval("select not exists (select from pg_locks where locktype = 'advisory')"), what="its end"
    )
    state = await pool.fetchval("select state from fleet.cron")
    following = await start("retention_cleanup", settings=required["retention_cleanup"])

    assert await following.exit_code() == 0, following.text()
    [line] = following.events()
    assert (running, state) == ("running", "unfinished")
    assert (line["level"], line["outcome"], line["unfinished"]) == ("warning", "done", 1)


async def test_days_are_those_of_the_policy_unless_the_environment_says_others_aloud(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    await pool.execute(
        "update app.retention_policy set days = 3 where what = 'jobs';"
        "insert into fleet.attempt_default (job_id, token, attempt, outcome, ended_at)"
        " values (1, 1, 1, 'snoozed', now() - interval '4 days')"
    )
    settings = required["retention_cleanup"] | {"KEEP_JOBS_DAYS": "5"}

    other = await start("retention_cleanup", "--dry-run", settings=settings)
    assert await other.exit_code() == 0, other.text()
    by_policy = await start("retention_cleanup", "--dry-run", settings=required["retention_cleanup"])
    assert await by_policy.exit_code() == 0, by_policy.text()

    said, counted = other.events()
    [line] = by_policy.events()
    assert (said["message"], said["level"], said["by"], said["days"], said["instead_of"]) == (
        *("policy.overridden", "warning", "KEEP_JOBS_DAYS"),
        *(5, 3),
    )
    assert (counted["attempts"], line["attempts"]) == (0, 1)


async def test_an_argument_that_means_nothing_is_refused(start: Start, required: dict[str, dict[str, str]]) -> None:
    process = await start("retention_cleanup", "--dryrun", settings=required["retention_cleanup"])

    assert await process.exit_code() == 64
    assert "usage:" in process.text()
