"""The cleanup at full size: a million entries of histories that are due, and one analysis with two million tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import perf_counter

import anyio
import anyio.lowlevel
import msgspec
import pytest

from fleet.db import Connection, Pool, connect
from fleet.testing.database import Database
from tests.processes.conftest import Start, Started, migrated, required, start

__all__ = ["migrated", "required", "start"]

pytestmark = [pytest.mark.usefixtures("migrated"), pytest.mark.faults, pytest.mark.timeout(600)]

LONG = timedelta(minutes=5)
CLEANUP = "fleet-retention-cleanup"
PAUSE = timedelta(milliseconds=10)
# Between two samples, and between two of the others' insertions.
REST = "select pg_sleep(0.02)"
# A thousand users, each of whom had a look at each of a thousand analyses; the first of them has one entry that is new.
HISTORIES = """
    set local session_replication_role = replica;
    insert into app.codebases (host, owner, repo) values ('github.com', 'psf', 'requests');
    insert into app.users (id) select number from generate_series(0, 1000) as number;
    insert into app.analyses
        (codebase_id, commit, parser_version, userless, job_id, job_token, started_at, completed_at, candidates, files,
         tests)
        select 1, lpad(to_hex(number), 40, '0'), '1', true, 1, 1, now() - interval '40 days',
               now() - interval '40 days', 0, 0, 0
        from generate_series(1, 1000) as number;
    insert into app.user_analysis_history (user_id, analysis_id, created_at, retention_days)
        select users.id, analyses.id, now() - interval '31 days' - random() * interval '300 days', 30
        from app.users as users, app.analyses as analyses where users.id > 0;
"""
INVENTORY = """
    set local session_replication_role = replica;
    insert into app.codebases (host, owner, repo) values ('github.com', 'psf', 'requests');
    insert into app.analyses
        (codebase_id, commit, parser_version, userless, job_id, job_token, started_at, completed_at, candidates, files,
         tests)
        select 1, lpad(to_hex(number), 40, '0'), '1', number = 2, 1, 1, now() - interval '40 days',
               now() - interval '40 days', 2000, 2000, 2000000
        from generate_series(1, 2) as number;
    insert into app.test_files (analysis_id, file, path, language, framework)
        select 1, file, 'test_' || file || '.py', 'python', 'pytest' from generate_series(1, 2000) as file
        union all select 2, 1, 'test_1.py', 'python', 'pytest';
    insert into app.test_suites
        select 1, file, 1, null, 'TestA', 'active', 1, 1, 0, 0 from generate_series(1, 2000) as file;
    insert into app.test_cases
        select 1, file, test, 1, 'test', 'active', 1, 1, 0, 0
        from generate_series(1, 2000) as file, generate_series(1, 1000) as test
        union all select 2, 1, test, null, 'test', 'active', 1, 1, 0, 0 from generate_series(1, 10) as test;
"""
# Notes how many rows each statement of each transaction deleted, those of a cascade among them.
NOTED = """
    create table public.deletion (transaction xid8 default pg_current_xact_id(), rows bigint);
    create function note_deletion() returns trigger language plpgsql as
        $$ begin insert into public.deletion (rows) select count(*) from gone; return null; end $$;
"""
NOTE = (
    "create trigger note after delete on {} referencing old table as gone"
    " for each statement execute function note_deletion()"
)
LARGEST = "select max(rows) from (select sum(rows) as rows from deletion group by transaction) as batch"
SAMPLE = """
    select
        coalesce(max(extract(epoch from clock_timestamp() - seen.xact_start)), 0)::float8 as transaction,
        count(*) filter (where held.mode = 'AccessExclusiveLock' and held.locktype = 'relation') as exclusive
    from pg_stat_activity as seen
    left join pg_locks as held on held.pid = seen.pid
    where seen.application_name = $1 and seen.datname = current_database()
"""


class Seen(msgspec.Struct):
    """What others saw of a run: its longest transaction, locks that keep readers out, and their own longest wait."""

    samples: int = 0
    transaction: float = 0.0
    exclusive: int = 0
    inserts: int = 0
    insert: float = 0.0


@asynccontextmanager
async def watching(database: Database, insert: str) -> AsyncIterator[Seen]:
    """Sample the cleanup, and do *insert* with the numbers from one on, beside it."""
    seen = Seen()
    async with (
        connect(database.url, application="sampler") as sampler,
        connect(database.url, application="web") as web,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(_sample, sampler, seen)
        tasks.start_soon(_insert, web, insert, seen)
        yield seen
        tasks.cancel_scope.cancel()


async def _sample(connection: Connection, seen: Seen) -> None:
    while True:
        # A statement that is cut short would say nothing; between two of them it may end.
        await anyio.lowlevel.checkpoint()
        with anyio.CancelScope(shield=True):
            await connection.execute(REST)
            row = await connection.fetchrow(SAMPLE, CLEANUP)
        assert row is not None
        seen.samples += 1
        seen.transaction = max(seen.transaction, row["transaction"])
        seen.exclusive += row["exclusive"]


async def _insert(connection: Connection, insert: str, seen: Seen) -> None:
    while True:
        # A statement that is cut short would say nothing; between two of them it may end.
        await anyio.lowlevel.checkpoint()
        with anyio.CancelScope(shield=True):
            await connection.execute(REST)
            began = perf_counter()
            await connection.execute(insert, seen.inserts + 1)
            seen.insert = max(seen.insert, perf_counter() - began)
        seen.inserts += 1


async def fill(pool: Pool, what: str, *tables: str) -> None:
    async with pool.transaction() as connection:
        await connection.execute(what, timeout=LONG.total_seconds())
    await pool.execute(NOTED)
    for table in tables:
        await pool.execute(NOTE.format(table))
    await pool.execute("vacuum analyze", limit=LONG)


async def end_of(process: Started) -> int:
    with anyio.fail_after(2 * LONG.total_seconds()):
        return await process.process.wait()


async def test_a_million_entries_go_in_short_batches_that_nobody_waits_for(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, database: Database
) -> None:
    await fill(pool, HISTORIES, "app.user_analysis_history")
    settings = required["retention_cleanup"] | {"CLEANUP_PAUSE_SECONDS": f"{PAUSE.total_seconds()}"}
    began = perf_counter()

    async with watching(
        database,
        "insert into app.user_analysis_history (user_id, analysis_id, retention_days)"
        " values (0, 1 + $1::bigint % 1000, 30) on conflict do nothing",
    ) as seen:
        process: Started = await start("retention_cleanup", settings=settings)
        code = await end_of(process)
    seconds = perf_counter() - began

    [line] = process.events()
    assert (code, line["outcome"], line["history"]) == (0, "done", 1_000_000)
    assert await pool.fetchval("select count(*) from app.user_analysis_history") == min(seen.inserts, 1000)
    assert 100 < await pool.fetchval(LARGEST) <= 1000
    assert (seen.transaction < 1, seen.insert < 1, seen.exclusive) == (True, True, 0), (seen, seconds)
    assert seen.samples > 100
    assert seconds > 1000 * PAUSE.total_seconds()


async def test_an_analysis_of_two_million_tests_goes_parts_first_in_short_batches(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, database: Database
) -> None:
    tables = ("app.test_cases", "app.test_suites", "app.test_files", "app.analyses")
    await fill(pool, INVENTORY, *tables)
    settings = required["retention_cleanup"] | {"CLEANUP_PAUSE_SECONDS": f"{PAUSE.total_seconds()}"}
    began = perf_counter()

    async with watching(
        database, "insert into app.test_cases values (2, 1, 10 + $1::integer, null, 'new', 'active', 1, 1, 0, 0)"
    ) as seen:
        process: Started = await start("retention_cleanup", settings=settings)
        code = await end_of(process)
    seconds = perf_counter() - began

    [line] = process.events()
    left = [await pool.fetchval(f"select count(*) from {table}") for table in tables]
    assert (code, line["outcome"], line["analyses"]) == (0, "done", 1)
    assert left == [10 + seen.inserts, 0, 1, 1]
    assert await pool.fetchval(LARGEST) <= 1000
    assert (seen.transaction < 1, seen.insert < 1, seen.exclusive) == (True, True, 0), (seen, seconds)
    assert seconds > 2000 * PAUSE.total_seconds()
