"""When a worker notices that there is something to do."""

import os
import signal
from datetime import timedelta

import anyio
import pytest

from fleet.db import Connection, Pool
from fleet.queue.context import Context
from fleet.queue.enqueue import enqueue
from fleet.queue.wake import POLL_DEAF, Alarm, Echo
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.asleep import asleep
from tests.queue.kinds import Greet
from tests.queue.runtime.claims import Claims
from tests.queue.runtime.conftest import Ask, Working


async def test_an_idle_worker_is_woken_by_an_enqueue_long_before_it_would_poll(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet):
        await until(lambda: asleep(pool))
        ended = await ask.finished(await ask.enqueue(Greet()), within=timedelta(seconds=5))

    assert ended["outcome"] == "done"


async def test_a_sleeping_worker_wakes_when_the_next_job_falls_due(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet):
        await until(lambda: asleep(pool))
        job = await ask.enqueue(Greet(), delay=timedelta(seconds=0.5))
        waiting = await ask.live(job)
        ended = await ask.finished(job, within=timedelta(seconds=5))

    assert waiting is not None
    assert waiting["state"] == "scheduled"
    assert ended["outcome"] == "done"


async def test_a_resumed_queue_wakes_its_workers(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    await pool.execute("select fleet.pause('greetings')")
    async with working(greet):
        await until(lambda: asleep(pool))
        job = await ask.enqueue(Greet())
        await pool.execute("select fleet.resume('greetings')")
        ended = await ask.finished(job, within=timedelta(seconds=5))

    assert ended["outcome"] == "done"


async def test_a_sleeping_worker_wakes_when_a_pause_ends_by_itself(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet):
        await until(lambda: asleep(pool))
        await pool.execute("select fleet.pause('greetings', for_ => '0.5 s')")
        job = await ask.enqueue(Greet())
        waiting = await ask.live(job)
        ended = await ask.finished(job, within=timedelta(seconds=5))

    assert waiting is not None
    assert waiting["state"] == "ready"
    assert ended["outcome"] == "done"


async def test_a_lost_listener_comes_back_and_looks_for_what_it_missed(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet):
        await until(lambda: asleep(pool))
        terminated = await pool.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and application_name like 'fleet-listen%'"
        )
        job = await ask.enqueue(Greet())
        ended = await ask.finished(job, within=timedelta(seconds=5))
        await until(lambda: asleep(pool))

    assert terminated == 1
    assert ended["outcome"] == "done"


async def test_a_listener_that_hears_nothing_any_more_is_noticed_and_replaced(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet, echo=Echo(pause=timedelta(milliseconds=100), limit=timedelta(milliseconds=500))):
        await until(lambda: asleep(pool))
        listener = await pool.fetchval(
            "select pid from pg_stat_activity"
            " where datname = current_database() and application_name like 'fleet-listen%'"
        )
        # Its socket stays open, and nothing comes through it.
        os.kill(listener, signal.SIGSTOP)
        try:
            job = await ask.enqueue(Greet())
            ended = await ask.finished(job, within=timedelta(seconds=10))

            async def replaced() -> bool:
                return bool(
                    await pool.fetchval(
                        "select count(*) from pg_stat_activity where datname = current_database()"
                        " and application_name like 'fleet-listen%' and pid <> $1 and state = 'idle'",
                        listener,
                    )
                )

            await until(replaced, within=timedelta(seconds=10))
        finally:
            os.kill(listener, signal.SIGCONT)

    assert ended["outcome"] == "done"


async def test_a_notification_that_makes_no_sense_is_ignored(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet):
        await until(lambda: asleep(pool))
        for payload in ("", "garbage", "[]", "null", "x" * 7999):
            await pool.execute("select pg_notify('fleet_wake', $1)", payload)
        ended = await ask.finished(await ask.enqueue(Greet()), within=timedelta(seconds=5))

    assert ended["outcome"] == "done"


async def test_no_more_jobs_run_at_once_than_there_are_slots_and_all_get_their_turn(working: Working, ask: Ask) -> None:
    running, most = 0, 0
    all_inside = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 3:
            all_inside.set()
        await all_inside.wait()
        await anyio.lowlevel.checkpoint()
        running -= 1

    jobs = [await ask.enqueue(Greet()) for _ in range(50)]
    async with working(greet, slots={"greetings": 3}):
        for job in jobs:
            await ask.finished(job)

    assert most == 3


@pytest.fixture
def claims(conn: Connection, database: Database) -> Claims:
    return Claims(conn, database)


async def test_an_idle_worker_claims_only_when_there_is_a_reason(
    working: Working, ask: Ask, pool: Pool, claims: Claims
) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    await claims.watch()
    async with working(greet):
        await until(lambda: asleep(pool))
        for _ in range(3):
            await ask.finished(await ask.enqueue(Greet()))

    assert 3 <= await claims.count() <= 10


async def test_a_due_job_that_somebody_holds_is_not_asked_for_without_end(
    working: Working, ask: Ask, pool: Pool, conn: Connection, claims: Claims
) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    await claims.watch()
    job = await ask.enqueue(Greet(), delay=timedelta(seconds=0.5))
    async with working(greet):
        async with conn.transaction():
            await conn.execute("select from fleet.job where id = $1 for update", job)

            async def overdue() -> bool:
                return bool(await pool.fetchval("select clock_timestamp() > run_at + interval '1 s' from fleet.job"))

            await until(overdue)
        ended = await ask.finished(job)

    assert ended["outcome"] == "done"
    assert await claims.count() <= 40


async def test_a_job_that_is_to_run_alone_begins_when_its_worker_is_idle(
    working: Working, ask: Ask, pool: Pool
) -> None:
    may_end = anyio.Event()
    beside: list[str] = []
    inside: set[str] = set()

    async def greet(job: Greet, _: Context) -> None:
        beside.extend(inside if job.name == "alone" else ())
        inside.add(job.name)
        if job.name == "first":
            await may_end.wait()
        inside.discard(job.name)

    async with working(greet):
        await ask.in_state(await ask.enqueue(Greet(name="first")), "running")
        async with pool.transaction() as connection:
            alone = (await enqueue(connection, Greet(name="alone"))).id
            await connection.execute("update fleet.job set crashes = 2 where id = $1", alone)
        later = await ask.enqueue(Greet(name="later"))
        may_end.set()
        ended = [await ask.finished(job, within=timedelta(seconds=10)) for job in (alone, later)]

    assert [one["outcome"] for one in ended] == ["done", "done"]
    assert beside == []


async def test_a_worker_without_a_free_slot_is_not_to_be_woken_and_goes_on_when_it_has_one(
    working: Working, ask: Ask, pool: Pool
) -> None:
    may_end = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        await may_end.wait()

    async def awake() -> bool:
        return not await asleep(pool)

    async with working(greet, slots={"greetings": 1}):
        await until(lambda: asleep(pool))
        first = await ask.enqueue(Greet())
        await ask.in_state(first, "running")
        await until(awake, what="its only slot is taken")
        second = await ask.enqueue(Greet())
        may_end.set()
        ended = [await ask.finished(job, within=timedelta(seconds=5)) for job in (first, second)]
        await until(lambda: asleep(pool), what="both are done")

    assert [one["outcome"] for one in ended] == ["done", "done"]


async def test_who_waits_is_woken_when_notifications_stop_to_arrive() -> None:
    alarm = Alarm()
    alarm.listening = True
    alarm.clear()

    alarm.stop_listening()
    with anyio.fail_after(5):
        await alarm.wait(timedelta(hours=1))

    assert alarm.poll == POLL_DEAF
