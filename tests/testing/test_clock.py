"""The time of a test's database."""

from datetime import UTC, datetime, timedelta

from fleet.db import Connection, Pool
from fleet.queue.enqueue import enqueue
from fleet.testing.clock import Clock
from tests.testing.shop import Notify

NOW = "select fleet.now()"
NOON = datetime(2030, 3, 1, 12, 0, tzinfo=UTC)


async def test_it_is_the_servers_until_it_is_set(clock: Clock, conn: Connection, pool: Pool) -> None:
    assert clock.now is None
    assert await conn.fetchval("select clock_timestamp() - fleet.now() < interval '1 min'")
    assert await pool.fetchval("select clock_timestamp() - fleet.now() < interval '1 min'")


async def test_once_set_it_stands_still_in_every_session(clock: Clock, conn: Connection, pool: Pool) -> None:
    await clock.set(NOON)

    assert {await conn.fetchval(NOW), await pool.fetchval(NOW), await pool.fetchval(NOW)} == {NOON}


async def test_it_is_advanced_from_where_it_is(clock: Clock, conn: Connection, pool: Pool) -> None:
    began = await clock.stop()
    now = await clock.advance(timedelta(hours=2))

    assert now == began + timedelta(hours=2)
    assert (await conn.fetchval(NOW), await pool.fetchval(NOW)) == (now, now)


async def test_a_scheduled_job_falls_due_when_the_clock_says_so(clock: Clock, conn: Connection) -> None:
    job = (await enqueue(conn, Notify(order=1), delay=timedelta(hours=1))).id

    too_early = await conn.fetchval("select fleet.promote()")
    await clock.advance(timedelta(hours=1, seconds=1))

    assert (too_early, await conn.fetchval("select fleet.promote()")) == (0, 1)
    assert await conn.fetchval("select fleet.state_of($1)", job) == "ready"
