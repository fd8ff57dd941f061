"""Migrations by many processes at once, behind locks, and under working workers."""

from datetime import timedelta
from typing import Any

import anyio
import msgspec
import pytest

from fleet.db import Connection, Pool, connect
from fleet.testing.database import Database, Template
from fleet.testing.until import until
from tests.deploys.conftest import LONG, Work
from tests.processes.conftest import Start


async def test_twenty_processes_at_once_migrate_an_empty_database_once(start: Start, template: Template) -> None:
    async with template.copy() as database, connect(database.url, application="fleet-tests") as conn:
        whole = await _schema(conn)
        await conn.execute("drop schema app cascade; drop schema fleet cascade")
        settings = {"DATABASE_URL": database.url.reveal()}

        # The schema itself is made in the first moment that they all have.
        async with conn.transaction():
            await conn.execute("select pg_advisory_xact_lock($1)", 0x666C656574)
            processes = [await start("migrate", settings=settings) for _ in range(20)]
            await until(lambda: _waiting(conn, 20), within=timedelta(seconds=50), what="all wait for their turn")
        codes = [await process.exit_code() for process in processes]
        ledger = [row["name"] for row in await conn.fetch("select name from fleet.migration")]

        assert codes == [0] * 20, [process.text() for process in processes]
        done = [process.events()[-1] for process in processes]
        applied = sorted(event["applied"] for event in done if event["applied"])
        assert len(applied) == 1
        assert sorted([*applied[0], "release"]) == sorted(ledger)
        assert sorted(event["partitions"] for event in done)[:19] == [0] * 19
        assert await _schema(conn) == whole


async def _waiting(conn: Connection, count: int) -> bool:
    return bool(
        await conn.fetchval(
            "select count(*) = $1 from pg_locks where locktype = 'advisory' and not granted"
            " and database = (select oid from pg_database where datname = current_database())",
            count,
        )
    )


async def _schema(conn: Connection) -> list[str]:
    """Everything that is in the two schemas, but for the days."""
    rows = await conn.fetch(
        "select concat(oid::regclass, relkind) as thing from pg_class"
        " where relnamespace in ('fleet'::regnamespace, 'app'::regnamespace)"
        r" and relname !~ '_\d{8}'"
        " union all select concat(oid::regprocedure, md5(prosrc)) from pg_proc"
        " where pronamespace = 'fleet'::regnamespace"
        " union all select concat(conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint"
        " where connamespace in ('fleet'::regnamespace, 'app'::regnamespace) and conrelid <> 0"
        r" and conrelid::regclass::text !~ '_\d{8}'"
        " order by 1"
    )
    return [row["thing"] for row in rows]


async def test_a_migration_under_working_workers_of_both_releases_costs_no_job(
    work: Work, start: Start, database: Database, pool: Pool
) -> None:
    workers = [await work("old"), await work("new")]
    enqueued = 0

    async def few_wait() -> bool:
        return bool(await pool.fetchval("select count(*) < 10 from fleet.job"))

    async with anyio.create_task_group() as tasks:

        async def enqueue() -> None:
            nonlocal enqueued
            while not migrated:
                await pool.execute("select fleet.enqueue('note') from generate_series(1, 10)")
                enqueued += 10
                await until(few_wait, within=LONG)

        migrated: list[Any] = []
        tasks.start_soon(enqueue)
        for _ in range(3):
            await pool.execute("update fleet.migration set digest = 'older' where name ~ '^(functions|views)/'")
            process = await start("migrate", settings={"DATABASE_URL": database.url.reveal()})
            assert await process.exit_code() == 0, process.text()
            assert "functions/claim" in process.events()[-1]["applied"]
        migrated.append(True)

    async def done() -> bool:
        return bool(await pool.fetchval("select count(*) = $1 from fleet.job_history where outcome = 'done'", enqueued))

    await until(done, within=LONG, what=f"{enqueued} jobs are done")
    assert await pool.fetchval("select count(*) from public.run") == enqueued
    assert await pool.fetchval("select count(distinct job) from public.run") == enqueued
    assert await pool.fetchval("select count(*) from fleet.attempt") == 0
    for worker in workers:
        assert worker.process.returncode is None, worker.text()


@pytest.mark.usefixtures("work")
async def test_a_migrate_of_an_older_release_leaves_a_newer_one_as_it_is(
    start: Start, database: Database, conn: Connection
) -> None:
    """A deploy that is taken back runs the old release's migration on the new release's schema."""
    await conn.execute(
        "update fleet.migration set digest = '1000' where name = 'release';"
        "update fleet.migration set digest = 'newer' where name = 'functions/claim';"
        "comment on function fleet.claim is 'The newer one.'"
    )
    settings = {"DATABASE_URL": database.url.reveal()}
    process = await start("migrate", settings=settings)
    code = await process.exit_code()
    worker = await start("spec_generator", settings=settings)

    async def started() -> bool:
        return b'"worker.started"' in worker.output.read_bytes()

    await until(started, within=LONG)

    assert code == 0, process.text()
    assert msgspec.json.decode(process.text().splitlines()[-1])["applied"] == []
    assert await conn.fetchval("select obj_description('fleet.claim'::regproc)") == "The newer one."
    assert await conn.fetchval("select digest from fleet.migration where name = 'release'") == "1000"


async def test_a_worker_does_not_begin_on_the_functions_of_an_older_release(
    start: Start, database: Database, conn: Connection
) -> None:
    await conn.execute("update fleet.migration set digest = '1' where name = 'release'")
    worker = await start("spec_generator", settings={"DATABASE_URL": database.url.reveal()})

    assert await worker.exit_code() == 78, worker.text()
    assert "the database is older than this release" in worker.events()[-1]["reason"]
