"""The public test harness."""

from contextlib import AsyncExitStack
from datetime import timedelta

import anyio
import pytest

from fleet.db import Connection, Pool, connect
from fleet.testing.database import Database, Template
from fleet.testing.until import until


def test_a_plain_test_can_have_a_database(database: Database) -> None:
    assert database.name in database.url.reveal()


async def test_pool_and_connection_are_of_the_tests_own_database(
    database: Database, pool: Pool, conn: Connection
) -> None:
    names = {await pool.fetchval("select current_database()"), await conn.fetchval("select current_database()")}

    assert names == {database.name}


async def test_a_database_is_migrated(conn: Connection) -> None:
    assert await conn.fetchval("select to_regclass('fleet.job') is not null")


async def test_a_database_is_dropped_while_somebody_is_connected(template: Template, conn: Connection) -> None:
    async with AsyncExitStack() as outliving:
        async with template.copy() as database:
            stays = await outliving.enter_async_context(connect(database.url, application="test"))
            assert await stays.fetchval("select current_database()") == database.name

        assert await conn.fetchval("select count(*) from pg_database where datname = $1", database.name) == 0


async def test_until_returns_the_first_answer_that_is_true(conn: Connection) -> None:
    await conn.execute("create temporary sequence asked")

    async def third() -> int | None:
        asked: int = await conn.fetchval("select nextval('asked')")
        return asked if asked >= 3 else None

    assert await until(third) == 3


async def test_until_says_what_did_not_happen_in_time() -> None:
    async def never() -> bool:
        return False

    described = r"not within 0\.05 s: the sun rises; the last answer was False"
    with anyio.fail_after(2), pytest.raises(AssertionError, match=described):
        await until(never, within=timedelta(seconds=0.05), what="the sun rises")
