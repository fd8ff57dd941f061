"""A queue with a depth limit refuses what would wait beyond it, whoever inserts."""

from datetime import timedelta

import pytest

from fleet.db import Connection, ServerError
from fleet.errors import QueueFull
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.enqueue import declare, enqueue, enqueue_many
from fleet.testing.database import Database
from tests.queue.kinds import Greet
from tests.queue.sql.session import Queue, open_queue

HOUR = timedelta(hours=1)


async def _limit(queue: Queue, most: int | None) -> None:
    await queue.connection.execute("select fleet.limit_depth('notes', $1)", most)


async def _is_refused(session: Queue, **named: object) -> bool:
    before = await session.everything()
    try:
        await session.enqueue("note", "{}", **named)
    except ServerError as refused:
        refusal = refused
    else:
        return False
    assert refusal.sqlstate == "FL005"
    assert await session.everything() == before
    return True


async def test_a_full_queue_refuses_with_a_sentence(queue: Queue) -> None:
    await _limit(queue, 2)
    await queue.add()
    await queue.add()

    with pytest.raises(ServerError, match="queue notes is full: at most 2 jobs may wait in it") as refusal:
        await queue.enqueue()

    assert refusal.value.sqlstate == "FL005"
    assert await queue.connection.fetchval("select count(*) from fleet.job") == 2


async def test_scheduled_jobs_wait_too(queue: Queue) -> None:
    await _limit(queue, 2)
    await queue.add(delay=HOUR)
    await queue.add()

    assert await _is_refused(queue)
    assert await _is_refused(queue, delay=HOUR)


@pytest.mark.parametrize("state", ["arriving", "held"])
async def test_jobs_that_wait_for_their_keys_turn_count(queue: Queue, state: str) -> None:
    await _limit(queue, 1)
    await queue.connection.execute(
        f"insert into fleet.job (kind, queue, state, fair_key) values ('note', 'notes', '{state}', 'k')"
    )

    assert await _is_refused(queue)


async def test_scheduled_jobs_fill_a_queue_alone(queue: Queue) -> None:
    await _limit(queue, 1)
    await queue.add(delay=HOUR)

    assert await _is_refused(queue, delay=HOUR)


async def test_what_waits_in_another_queue_with_a_limit_does_not_count(queue: Queue) -> None:
    for _ in range(2):
        await queue.add()
        await queue.add(delay=HOUR)
    await _limit(queue, 1)
    await queue.connection.execute("select fleet.limit_depth('elsewhere', 1)")

    assert not await _is_refused(queue, queue="elsewhere")
    assert await _is_refused(queue, queue="elsewhere")


async def test_running_jobs_do_not_count_and_make_room(queue: Queue) -> None:
    await _limit(queue, 1)
    await queue.claimed()

    await queue.add()

    assert await _is_refused(queue)


async def test_other_queues_are_not_concerned(queue: Queue) -> None:
    await _limit(queue, 0)

    assert not await _is_refused(queue, queue="elsewhere")
    assert await _is_refused(queue)


async def test_a_limit_of_another_queue_costs_an_enqueue_no_count(queue: Queue) -> None:
    await _limit(queue, 5)
    await queue.connection.execute("set track_functions = 'pl'")

    counts = []
    for name in ("elsewhere", "notes"):
        async with queue.connection.transaction():
            await queue.add(queue=name)
            counts.append(
                await queue.connection.fetchval(
                    "select pg_stat_get_xact_function_calls('fleet.refuse_above_depth(text[])'::regprocedure)"
                )
            )

    assert counts == [None, 1]


async def test_a_job_that_is_already_there_is_not_refused(queue: Queue) -> None:
    await _limit(queue, 1)
    job = await queue.add(unique_key="k")

    assert (await queue.enqueue(unique_key="k"))["id"] == job
    assert (await queue.enqueue(unique_key="k", on_conflict="replace"))["id"] == job


async def test_what_goes_back_is_never_refused(queue: Queue) -> None:
    claim = await queue.claimed()
    await _limit(queue, 0)

    assert await queue.release(claim) == [claim["id"]]
    assert await queue.state(claim["id"]) == "ready"


async def test_a_limit_changes_and_goes_at_once(queue: Queue) -> None:
    await _limit(queue, 0)
    assert await _is_refused(queue)

    await _limit(queue, 1)
    assert not await _is_refused(queue)
    assert await _is_refused(queue)

    await _limit(queue, None)
    assert not await _is_refused(queue)


async def test_a_limit_that_makes_no_sense_is_refused(queue: Queue) -> None:
    with pytest.raises(ServerError, match="max_waiting must not be negative, as -1 is") as refusal:
        await _limit(queue, -1)

    assert refusal.value.sqlstate == "FL002"


async def test_a_transaction_counts_what_it_has_put_in_itself_and_not_what_others_may_yet_take_back(
    queue: Queue, database: Database
) -> None:
    await _limit(queue, 2)
    transaction = queue.connection.transaction()
    await transaction.start()
    await queue.add()
    await queue.add()

    async with open_queue(database.url) as other:
        assert not await _is_refused(other)
    with pytest.raises(ServerError, match="is full"):
        await queue.add()
    await transaction.rollback()


async def test_rows_typed_by_hand_are_refused_whole(queue: Queue) -> None:
    await _limit(queue, 2)

    with pytest.raises(ServerError, match="is full"):
        await queue.connection.execute(
            "insert into fleet.job (kind, queue) select 'note', 'notes' from generate_series(1, 3)"
        )

    assert await queue.everything() == []


class TestInPython:
    @pytest.fixture
    async def conn(self, queue: Queue) -> Connection:
        await queue.connection.execute("select fleet.limit_depth('greetings', 1)")
        await declare(queue.connection, [Greet])
        await enqueue(queue.connection, Greet())
        return queue.connection

    async def test_a_full_queue_is_an_error_of_its_own(self, conn: Connection) -> None:
        with pytest.raises(QueueFull, match=r"kind=greet, reason=queue greetings is full") as refusal:
            await enqueue(conn, Greet())

        assert refusal.value.retryable

    async def test_a_batch_and_a_stream_are_refused_whole(self, conn: Connection) -> None:
        with pytest.raises(QueueFull):
            await enqueue_many(conn, [Greet()] * 2)
        with pytest.raises(QueueFull):
            await enqueue_bulk(conn, [Greet()] * 2)

        assert await conn.fetchval("select count(*) from fleet.job") == 1
