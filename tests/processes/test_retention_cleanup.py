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
    assert (line["message"], line["history"], line["complete"]) == ("cleanup.done", 1, True)
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
    assert [event["message"] for event in second.events()] == ["cleanup.already_running"]
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
    [line] = [event for event in process.events() if event["message"] == "cleanup.done"]
    assert line["complete"] is False
    assert await pool.fetchval("select count(*) from app.user_analysis_history") == 2
