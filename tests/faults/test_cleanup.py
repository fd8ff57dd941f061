"""The cleanup as a process that is killed in the middle."""

import signal

import pytest

from fleet.db import Connection, Pool
from fleet.testing.until import until
from tests.processes.conftest import Start, Started, migrated, required, start

__all__ = ["migrated", "required", "start"]

pytestmark = pytest.mark.usefixtures("migrated")

OLD = """
    insert into app.codebases (host, owner, repo) values ('github.com', 'psf', 'requests');
    insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at)
        select id, lpad(to_hex(number), 40, '0'), '1', true, 1, 1, now() - interval '40 days'
        from app.codebases, generate_series(1, 50) as number;
    insert into app.users (id, plan) values (1, 'free');
    insert into app.user_analysis_history (user_id, analysis_id, created_at, retention_days)
        select 1, id, now() - interval '31 days', 30 from app.analyses;
"""
HISTORY = "select count(*) from app.user_analysis_history"


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.faults)])
async def test_the_next_run_goes_on_where_one_was_ended_in_the_middle(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, conn: Connection, number: signal.Signals
) -> None:
    await pool.execute(OLD)
    settings = required["retention_cleanup"] | {"CLEANUP_BATCH": "5", "CLEANUP_PAUSE_SECONDS": "60"}
    first: Started = await start("retention_cleanup", settings=settings)

    async def in_the_middle() -> bool:
        return await pool.fetchval(HISTORY) in range(1, 50)

    await until(in_the_middle, what="a batch is gone")
    first.kill(number)
    await first.exit_code()
    left = await pool.fetchval(HISTORY)
    second: Started = await start("retention_cleanup", settings=required["retention_cleanup"])
    code = await second.exit_code()

    assert 0 < left < 50
    assert code == 0, second.text()
    assert [event["message"] for event in second.events()] == ["cron.ended"]
    assert await conn.fetchval(HISTORY) == 0
    assert await conn.fetchval("select count(*) from app.analyses") == 0


@pytest.mark.faults
async def test_a_run_that_is_killed_while_it_waits_for_a_lock_leaves_none_behind(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, conn: Connection
) -> None:
    await pool.execute(OLD)
    async with conn.transaction():
        await conn.execute("lock table app.user_analysis_history in access exclusive mode")
        first: Started = await start("retention_cleanup", settings=required["retention_cleanup"])
        await until(lambda: pool.fetchval("select count(*) from pg_locks where not granted"), what="it waits")
        first.kill()
        assert await first.exit_code() == -signal.SIGKILL

    second: Started = await start("retention_cleanup", settings=required["retention_cleanup"])

    assert await second.exit_code() == 0, second.text()
    assert [event["message"] for event in second.events()] == ["cron.ended"]
    assert await pool.fetchval(HISTORY) == 0


async def test_a_reference_that_is_open_while_a_whole_cleanup_runs_and_is_committed_then_keeps_its_analysis(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, conn: Connection
) -> None:
    await pool.execute(OLD)
    await pool.execute(
        "update app.analyses set userless = false, completed_at = started_at, candidates = 0, files = 0, tests = 0"
    )
    async with conn.transaction():
        await conn.execute(
            "insert into app.users (id) values (2);"
            "insert into app.user_analysis_history (user_id, analysis_id, retention_days)"
            " select 2, min(id), 30 from app.analyses"
        )
        process: Started = await start("retention_cleanup", settings=required["retention_cleanup"])
        code = await process.exit_code()
    following: Started = await start("retention_cleanup", settings=required["retention_cleanup"])

    assert (code, await following.exit_code()) == (0, 0)
    [line] = process.events()
    assert (line["history"], line["analyses"]) == (50, 49)
    kept = "select count(*) from app.user_analysis_history join app.analyses on id = analysis_id"
    assert await pool.fetchval(f"{kept} where completed_at is not null") == 1
