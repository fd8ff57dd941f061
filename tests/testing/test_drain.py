"""Running what is queued inside the test."""

from datetime import timedelta

import anyio
import pytest

from fleet.db import Connection, Pool
from fleet.errors import Snooze
from fleet.queue.context import Context
from fleet.queue.enqueue import enqueue, enqueue_many
from fleet.queue.registry import Registry
from fleet.testing.clock import Clock
from fleet.testing.drain import DrainQueues
from tests.testing.shop import Notify, Pack, Parcel, notify, registry

HOUR = timedelta(hours=1)


async def test_jobs_and_what_they_enqueue_are_run_until_nothing_is_left(
    drain: DrainQueues, conn: Connection, pool: Pool
) -> None:
    order: list[str] = []

    async def pack(job: Pack, context: Context) -> Parcel:
        order.append(f"pack {job.order}")
        async with pool.acquire() as connection:
            await enqueue(connection, Notify(order=job.order))
        return Parcel(order=job.order, attempt=context.attempt)

    async def notify(job: Notify, _: Context) -> None:
        order.append(f"notify {job.order}")

    shop = Registry()
    shop.add(Pack, pack)
    shop.add(Notify, notify)
    first, urgent = [
        (await enqueue(conn, Pack(order=number), priority=priority)).id for number, priority in ((1, 0), (2, -1))
    ]

    drained = await drain(shop)

    assert order == ["pack 2", "notify 2", "pack 1", "notify 1"]
    assert drained.counts == {"done": 4}
    assert drained.left == []
    assert (drained[first].kind, drained[first].result) == ("pack", '{"order": 1, "attempt": 1}')
    assert (drained[urgent].runs, drained[urgent].attempt) == (1, 1)
    assert await conn.fetchval("select count(*) from fleet.worker") == 0


async def test_time_moves_on_to_what_lies_ahead(drain: DrainQueues, conn: Connection, clock: Clock) -> None:
    began = await clock.stop()
    job = (await enqueue(conn, Notify(order=1), delay=HOUR)).id

    drained = await drain(registry)

    assert drained[job].state == "done"
    assert clock.now is not None
    assert HOUR <= clock.now - began < HOUR + timedelta(seconds=1)
    assert await conn.fetchval("select fleet.now()") == clock.now


async def test_without_moving_time_what_lies_ahead_is_left(drain: DrainQueues, conn: Connection, clock: Clock) -> None:
    now = (await enqueue(conn, Notify(order=1))).id
    later = (await enqueue(conn, Notify(order=2), delay=HOUR)).id

    drained = await drain(registry, advance_time=False)

    assert drained.jobs.keys() == {now}
    assert drained.left == [later]
    assert clock.now is None


async def test_a_failing_job_is_run_as_often_as_its_kind_may_be(drain: DrainQueues, conn: Connection) -> None:
    async def fails(_job: Pack, _: Context) -> Parcel:
        raise ValueError("no paper left")

    shop = Registry()
    shop.add(Pack, fails)
    job = (await enqueue(conn, Pack(order=1))).id

    drained = await drain(shop)

    became = drained[job]
    assert (became.state, became.runs, became.attempt) == ("failed", 3, 3)
    assert (became.error_class, became.error_message) == ("ValueError", "no paper left")
    assert drained.counts == {"failed": 1}


async def test_a_job_that_never_ends_is_told_with_its_story(drain: DrainQueues, conn: Connection) -> None:
    async def puts_off(_job: Notify, _: Context) -> None:
        raise Snooze("the shop is closed", after=HOUR)

    shop = Registry()
    shop.add(Notify, puts_off)
    job = (await enqueue(conn, Notify(order=1))).id

    story = rf"(?s)after 5 runs .*job {job} ran 5 times.*attempt snoozed: the shop is closed.*why: "
    with pytest.raises(AssertionError, match=story):
        await drain(shop, at_most=5)

    assert await conn.fetchval("select count(*) from fleet.worker") == 0


async def test_a_drain_may_take_all_the_runs_it_has(drain: DrainQueues, conn: Connection) -> None:
    await enqueue_many(conn, [Notify(order=number) for number in range(3)])

    assert (await drain(registry, at_most=3)).counts == {"done": 3}


async def test_a_handler_that_hangs_is_told_and_its_job_goes_back(drain: DrainQueues, conn: Connection) -> None:
    async def hangs(_job: Notify, _: Context) -> None:
        await anyio.sleep_forever()

    shop = Registry()
    shop.add(Notify, hangs)
    job = (await enqueue(conn, Notify(order=1))).id

    with pytest.raises(AssertionError, match=rf"within 0\.5 s\); job {job} ran 1 times"):
        await drain(shop, within=timedelta(seconds=0.5))

    assert await conn.fetchval("select fleet.state_of($1)", job) == "ready"


async def test_a_paused_queue_is_left_until_its_pause_ends(drain: DrainQueues, conn: Connection) -> None:
    mail = (await enqueue(conn, Notify(order=1))).id
    await conn.execute("select fleet.pause('mails')")

    assert (await drain(registry)).left == [mail]

    await conn.execute("select fleet.pause('mails', for_ => '1 hour')")
    assert (await drain(registry)).counts == {"done": 1}


async def test_jobs_under_limits_have_their_turn_as_well(drain: DrainQueues, conn: Connection, clock: Clock) -> None:
    began = await clock.stop()
    await conn.execute("select fleet.limit_keys('mails', 1)")
    await conn.execute("select fleet.limit_rate('mails', 1, per => '1 hour', burst => 1)")
    await enqueue_many(conn, [Notify(order=number, customer="Ada") for number in range(3)])

    drained = await drain(registry)

    assert drained.counts == {"done": 3}
    assert clock.now is not None
    assert clock.now - began >= HOUR


async def test_kinds_that_are_not_registered_are_left_alone(drain: DrainQueues, conn: Connection) -> None:
    shop = Registry()
    shop.add(Notify, notify)
    await enqueue(conn, Pack(order=1), delay=HOUR)
    await enqueue(conn, Notify(order=1))

    drained = await drain(shop)

    assert drained.counts == {"done": 1}
    assert await conn.fetchval("select state::text from fleet.job") == "scheduled"
