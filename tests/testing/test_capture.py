"""What a block of a test enqueued."""

from datetime import timedelta

import pytest

from fleet.db import Connection, Pool
from fleet.queue.enqueue import enqueue, enqueue_many
from fleet.testing.capture import Capture
from fleet.testing.drain import DrainQueues
from tests.testing.shop import Notify, Pack, registry


async def test_what_a_block_enqueues_is_captured_with_its_type(capture: Capture, conn: Connection) -> None:
    await enqueue(conn, Pack(order=1))

    async with capture() as captured:
        await enqueue(conn, Pack(order=2), queue="express", delay=timedelta(minutes=5), priority=-3)
        await enqueue_many(conn, [Notify(order=2, customer="Ada"), Notify(order=3)])

    await enqueue(conn, Pack(order=4))

    packed = captured.one(Pack)
    assert packed.job == Pack(order=2)
    assert (packed.queue, packed.delay, packed.priority) == ("express", timedelta(minutes=5), -3)
    assert packed.unique_key is not None
    assert [notified.job.order for notified in captured.of(Notify)] == [2, 3]
    assert [notified.fair_key for notified in captured.of(Notify)] == ["Ada", None]
    assert [notified.delay for notified in captured.of(Notify)] == [timedelta(0)] * 2
    assert len(captured) == 3


async def test_the_very_first_job_of_a_database_is_captured(capture: Capture, conn: Connection) -> None:
    async with capture() as captured:
        await enqueue(conn, Pack(order=1))

    assert captured.one(Pack).job == Pack(order=1)


async def test_a_job_that_was_there_already_is_not_captured(capture: Capture, conn: Connection) -> None:
    await enqueue(conn, Pack(order=1))

    async with capture() as captured:
        await enqueue(conn, Pack(order=1))

    assert captured.of(Pack) == []
    assert str(captured) == "nothing was enqueued"


async def test_a_job_that_has_ended_by_then_is_captured(capture: Capture, drain: DrainQueues, conn: Connection) -> None:
    async with capture() as captured:
        await enqueue(conn, Pack(order=1))
        await drain(registry)

    assert captured.one(Pack).job == Pack(order=1)
    assert captured.one(Pack).delay is None


async def test_a_transaction_captures_what_it_has_not_committed(capture: Capture, conn: Connection, pool: Pool) -> None:
    async with conn.transaction(), capture(conn) as mine, capture() as everybodys:
        await enqueue(conn, Pack(order=1))

    assert len(mine) == 1
    assert len(everybodys) == 0
    assert await pool.fetchval("select count(*) from fleet.job") == 1


async def test_asking_for_one_of_another_number_says_what_there_is(capture: Capture, conn: Connection) -> None:
    async with capture() as captured:
        await enqueue_many(conn, [Notify(order=2), Notify(order=3)])

    with pytest.raises(AssertionError, match=r"(?s)2 jobs of notify .* notify \{.*\"order\": 3.*\} in mails"):
        captured.one(Notify)
    with pytest.raises(AssertionError, match="0 jobs of pack"):
        captured.one(Pack)


async def test_before_the_block_is_over_there_is_no_answer(capture: Capture) -> None:
    async with capture() as captured:
        with pytest.raises(AssertionError, match="when the block is over"):
            captured.of(Pack)
