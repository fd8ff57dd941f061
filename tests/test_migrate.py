"""Migrations: once, in order, by however many processes, over whatever stopped the last one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import anyio
import pytest

from fleet import sql
from fleet.db import Connection, ConnectionFailure, Pool, connect
from fleet.errors import DatabaseUnavailable, SchemaMismatch
from fleet.migrate import RELEASE as NUMBER
from fleet.migrate import Patience, migrate, require_current
from fleet.testing.database import Database, Template
from fleet.testing.until import until

RELEASE = [
    f"{folder}/{path.stem}"
    for folder in ("migrations", "functions", "views")
    for path in sorted((sql.ROOT / folder).glob("*.sql"))
]


@pytest.fixture
async def empty(template: Template) -> AsyncIterator[Database]:
    """A database that nothing was migrated in."""
    async with template.copy() as database:
        async with connect(database.url, application="fleet-tests") as connection:
            await connection.execute("drop schema if exists app cascade; drop schema fleet cascade")
        yield database


@asynccontextmanager
async def _connected(database: Database) -> AsyncIterator[Connection]:
    async with connect(database.url, application="fleet-tests") as connection:
        yield connection


async def _waiting(connection: Connection) -> list[int]:
    """The sessions that wait for a lock that *connection* has."""
    rows = await connection.fetch(
        "select distinct pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
    )
    return [row["pid"] for row in rows]


async def test_an_empty_database_gets_all_in_order(empty: Database) -> None:
    assert await migrate(empty.url) == RELEASE

    async with _connected(empty) as connection:
        await require_current(connection)


async def test_a_second_run_applies_nothing(database: Database) -> None:
    assert await migrate(database.url) == []


async def test_ten_at_once_apply_each_migration_once(empty: Database) -> None:
    applied: list[list[str]] = []

    async def apply() -> None:
        applied.append(await migrate(empty.url))

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(apply)

    assert sorted(applied) == [[]] * 9 + [RELEASE]


async def test_a_function_that_changed_is_applied_again(database: Database, conn: Connection) -> None:
    await conn.execute("update fleet.migration set digest = 'older' where name = 'functions/wake'")
    await conn.execute("create or replace function fleet.wake(queues text[]) returns void language sql as ''")

    assert await migrate(database.url) == ["functions/wake"]
    assert "pg_notify" in await conn.fetchval(
        "select prosrc from pg_proc where oid = 'fleet.wake(text[])'::regprocedure"
    )


async def test_a_migration_that_was_edited_is_refused_and_changes_nothing(database: Database, conn: Connection) -> None:
    await conn.execute("update fleet.migration set digest = 'other' where name = 'migrations/0001_queue'")
    await conn.execute("delete from fleet.migration where name = 'functions/wake'")
    before = await conn.fetch("select name, digest from fleet.migration order by 1")

    with pytest.raises(SchemaMismatch, match=r"edited after it was applied.*0001_queue"):
        await migrate(database.url)

    assert await conn.fetch("select name, digest from fleet.migration order by 1") == before


class TestRequireCurrent:
    async def test_a_database_without_any_migration_is_refused(self, empty: Database) -> None:
        async with _connected(empty) as connection:
            with pytest.raises(SchemaMismatch, match=r"older than this release.*0001_queue"):
                await require_current(connection)

    async def test_a_database_that_lacks_a_migration_is_refused(self, conn: Connection) -> None:
        await conn.execute("delete from fleet.migration where name = 'migrations/0002_application'")

        with pytest.raises(SchemaMismatch, match="missing=migrations/0002_application"):
            await require_current(conn)

    async def test_a_newer_database_is_fine(self, conn: Connection) -> None:
        await conn.execute("insert into fleet.migration (name, digest) values ('migrations/9999_later', 'x')")

        await require_current(conn)

    async def test_a_database_with_the_functions_of_an_older_release_is_refused(self, conn: Connection) -> None:
        await conn.execute("update fleet.migration set digest = $1 where name = 'release'", str(NUMBER - 1))

        with pytest.raises(SchemaMismatch, match=f"older than this release.*missing=release {NUMBER} of functions"):
            await require_current(conn)

    async def test_a_database_of_before_releases_were_counted_is_refused(self, conn: Connection) -> None:
        await conn.execute("delete from fleet.migration where name = 'release'")

        with pytest.raises(SchemaMismatch, match="older than this release"):
            await require_current(conn)

    async def test_a_database_with_the_functions_of_a_newer_release_is_fine(self, conn: Connection) -> None:
        await conn.execute("update fleet.migration set digest = $1 where name = 'release'", str(NUMBER + 1))
        await conn.execute("update fleet.migration set digest = 'newer' where name like 'functions/%'")

        await require_current(conn)


async def test_the_functions_of_a_newer_release_stay(database: Database, conn: Connection) -> None:
    await conn.execute("update fleet.migration set digest = $1 where name = 'release'", str(NUMBER + 1))
    await conn.execute("update fleet.migration set digest = 'newer' where name = 'functions/wake'")

    assert await migrate(database.url) == []
    assert await conn.fetchval("select digest from fleet.migration where name = 'release'") == str(NUMBER + 1)


async def test_a_migration_whose_connection_dies_changes_nothing_and_the_next_one_completes(empty: Database) -> None:
    ended: list[BaseException] = []
    async with _connected(empty) as first:
        await first.execute(sql.statement("ledger"))

        async def apply() -> None:
            try:
                await migrate(empty.url)
            except (*ConnectionFailure, DatabaseUnavailable) as failure:
                ended.append(failure)

        async with anyio.create_task_group() as tasks, first.transaction():
            # Lets the tables be made, but not the note that they are.
            await first.execute("lock table fleet.migration in exclusive mode")
            tasks.start_soon(apply)
            (migration,) = await until(partial(_waiting, first))
            await first.execute("select pg_terminate_backend($1)", migration)

        assert len(ended) == 1
        assert await first.fetchval("select count(*) from fleet.migration") == 0
        assert await first.fetchval("select to_regclass('fleet.job')") is None

    assert await migrate(empty.url) == RELEASE


async def test_a_migration_waits_for_a_locked_table_without_keeping_others_waiting(
    database: Database, conn: Connection, pool: Pool
) -> None:
    """It gives its place in the queue of the lock up, and tries again until the lock is free."""
    await conn.execute("delete from fleet.migration where name = 'functions/announce_jobs'")
    applied: list[str] = []

    async def apply() -> None:
        applied.extend(await migrate(database.url))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks, conn.transaction():
            await conn.execute("lock table fleet.job in row exclusive mode")
            tasks.start_soon(apply)
            await until(partial(_waiting, conn))
            # Stands behind the migration, which it cannot share the table with.
            await pool.execute("insert into fleet.job (kind, queue) values ('note', 'notes')")

    assert applied == ["functions/announce_jobs"]


async def test_a_migration_that_never_gets_its_lock_changes_nothing_and_says_so(
    database: Database, conn: Connection
) -> None:
    await conn.execute("delete from fleet.migration where name in ('functions/announce_jobs', 'functions/wake')")
    patience = Patience(tries=2, wait=timedelta(milliseconds=100), pause=timedelta(milliseconds=10))

    async with conn.transaction():
        await conn.execute("lock table fleet.job in row exclusive mode")
        with pytest.raises(
            DatabaseUnavailable, match=r"could not lock a table; another session holds it.*announce_jobs"
        ):
            await migrate(database.url, patience)

    assert await conn.fetchval("select count(*) from fleet.migration where name = 'functions/wake'") == 0
    assert await migrate(database.url, patience) == ["functions/announce_jobs", "functions/wake"]


async def test_functions_change_all_at_once(database: Database, conn: Connection) -> None:
    """No session calls a new function that calls one which is yet to come."""
    await conn.execute("delete from fleet.migration where name ~ 'functions/(claim|keep_worker_with_jobs)$'")
    await conn.execute("comment on function fleet.claim is 'older'")
    unchanged = "select obj_description('fleet.claim'::regproc) = 'older'"

    async with connect(database.url, application="fleet-tests") as holder:
        async with anyio.create_task_group() as tasks, holder.transaction():
            # Whose trigger the second one makes anew.
            await holder.execute("lock table fleet.worker in row exclusive mode")
            tasks.start_soon(migrate, database.url)
            await until(partial(_waiting, holder))
            assert await conn.fetchval(unchanged)
        assert not await conn.fetchval(unchanged)


async def test_a_migration_that_meets_a_deadlock_gives_way_and_tries_again(
    database: Database, conn: Connection
) -> None:
    """A claim that rescues has written to the workers when it comes to the jobs; triggers go the other way round."""
    await conn.execute("delete from fleet.migration where name ~ 'functions/(announce|keep_worker_with)_jobs$'")
    applied: list[str] = []

    async def apply() -> None:
        applied.extend(await migrate(database.url))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks, conn.transaction():
            # The migration is the first to find out.
            await conn.execute("set local deadlock_timeout = '20s'")
            await conn.execute("lock table fleet.worker in row exclusive mode")
            tasks.start_soon(apply)
            await until(partial(_waiting, conn))
            await conn.execute("insert into fleet.job (kind, queue) values ('note', 'notes')")

    assert applied == ["functions/announce_jobs", "functions/keep_worker_with_jobs"]
