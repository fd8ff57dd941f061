"""Waiting for a job."""

from datetime import timedelta
from uuid import uuid4

import anyio
import pytest

from fleet.db import Connection, Pool
from fleet.queue.context import Context
from fleet.queue.enqueue import enqueue
from fleet.queue.registry import Registry
from fleet.testing.database import Database
from fleet.testing.waiting import Until
from fleet.testing.watch import open_watch
from fleet.testing.working import Working
from tests.testing.shop import Notify, Pack, registry

MOMENT = timedelta(seconds=0.05)


async def test_a_change_is_heard_of(database: Database, conn: Connection) -> None:
    async with open_watch(database.url) as watch:
        assert not await watch.wait()
        await enqueue(conn, Notify(order=1))
        assert await watch.wait()
        watch.clear()
        assert not await watch.wait()


async def test_a_job_is_returned_as_soon_as_it_is_in_the_state(
    until: Until, working: Working, conn: Connection
) -> None:
    may_end = anyio.Event()

    async def notify(_job: Notify, _: Context) -> None:
        await may_end.wait()

    shop = Registry()
    shop.add(Notify, notify)
    async with working(shop):
        job = (await enqueue(conn, Notify(order=1))).id
        running = await until(job, "running")
        assert await until(job, "running", by=running.worker) == running
        may_end.set()
        done = await until(job, "done")

    assert (running.id, running.state, running.attempt, running.replica) == (job, "running", 1, "one")
    # The row of its worker is gone by now; who it was is remembered.
    assert (done.state, done.worker, done.replica) == ("done", running.worker, "one")


async def test_it_may_be_over_before_anybody_asks(until: Until, working: Working, conn: Connection) -> None:
    async with working(registry):
        job = (await enqueue(conn, Pack(order=1))).id
        await until(job, "done")

        assert (await until(job, "done", within=MOMENT)).result == '{"order": 1, "attempt": 1}'


async def test_a_late_job_is_told_with_its_story_and_the_reason(until: Until, conn: Connection) -> None:
    job = (await enqueue(conn, Notify(order=1), delay=timedelta(hours=1))).id
    told = rf"(?s)0\.05 s: job {job} is running; it is scheduled\n.*enqueued: notify in queue mails.*why: .*due"

    with pytest.raises(AssertionError, match=told):
        await until(job, "running", within=MOMENT)


async def test_a_job_of_another_worker_is_not_the_one(until: Until, working: Working, conn: Connection) -> None:
    other = uuid4()
    async with working(registry):
        job = (await enqueue(conn, Notify(order=1))).id
        await until(job, "done")

        with pytest.raises(AssertionError, match=f"is done by {other}; it is done"):
            await until(job, "done", by=other, within=MOMENT)


async def test_a_job_that_does_not_exist_is_said_not_to(until: Until) -> None:
    with pytest.raises(AssertionError, match=r"(?s)there is no such job.*no job has the id 404"):
        await until(404, "done", within=MOMENT)


async def test_a_check_is_awaited_as_without_a_database(until: Until) -> None:
    async def yes() -> str:
        return "yes"

    assert await until(yes) == "yes"


async def test_it_goes_on_when_its_own_connection_is_ended(
    until: Until, working: Working, conn: Connection, pool: Pool
) -> None:
    ended = await pool.fetchval(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and application_name = 'fleet-watch'"
    )
    async with working(registry):
        job = (await enqueue(conn, Notify(order=1))).id
        found = await until(job, "done")

    assert (ended, found.state) == (1, "done")
