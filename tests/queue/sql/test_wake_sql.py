"""Notifications: whoever adds work wakes those who sleep, once for each queue and transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest

from fleet.db import Row
from tests.queue.sql.listener import Listener
from tests.queue.sql.session import LEASE, Queue

MINUTE = timedelta(minutes=1)


async def test_a_job_that_was_enqueued_wakes_its_queue(queue: Queue, listener: Listener) -> None:
    await queue.add()

    assert await listener.heard() == ["notes"]


async def test_a_job_typed_as_an_insert_wakes_its_queue(queue: Queue, listener: Listener) -> None:
    await queue.connection.execute("insert into fleet.job (kind, queue) values ('note', 'by_hand')")

    assert await listener.heard() == ["by_hand"]


async def test_a_scheduled_job_wakes_its_queue_so_that_sleepers_learn_when_it_is_due(
    queue: Queue, listener: Listener
) -> None:
    await queue.add(delay=MINUTE)

    assert await listener.heard() == ["notes"]


async def test_a_job_that_is_already_there_wakes_nobody(queue: Queue, listener: Listener) -> None:
    await queue.add(unique_key="k")
    await listener.heard()

    await queue.add(unique_key="k")

    assert await listener.heard() == []


async def test_a_job_that_is_renewed_wakes_its_queue_so_that_sleepers_learn_when_it_is_due(
    queue: Queue, listener: Listener
) -> None:
    await queue.add(unique_key="k", delay=2 * MINUTE)
    await listener.heard()

    await queue.add(unique_key="k", delay=MINUTE, on_conflict="replace")

    assert await listener.heard() == ["notes"]


async def test_a_transaction_sends_one_notification_for_each_queue(queue: Queue, listener: Listener) -> None:
    async with queue.connection.transaction():
        for name in ("a", "b") * 50:
            await queue.add(queue=name)
        await queue.connection.execute(
            "insert into fleet.job (kind, queue) select 'note', 'c' from generate_series(1, 1000)"
        )

    assert await listener.heard() == ["a", "b", "c"]


async def test_a_rollback_wakes_nobody(queue: Queue, listener: Listener) -> None:
    transaction = queue.connection.transaction()
    await transaction.start()
    await queue.add()
    await transaction.rollback()

    assert await listener.heard() == []


@asynccontextmanager
async def _nothing_but(listener: Listener, expected: list[str]) -> AsyncIterator[None]:
    await listener.heard()
    yield
    assert await listener.heard() == expected


async def test_what_comes_back_into_a_queue_wakes_it(queue: Queue, listener: Listener) -> None:
    endings: list[Callable[[Row], Awaitable[list[int]]]] = [
        partial(queue.fail, delay=timedelta(0)),
        partial(queue.fail, delay=MINUTE),
        partial(queue.snooze, delay=MINUTE),
        queue.release,
    ]
    for ending in endings:
        claim = await queue.claimed()
        async with _nothing_but(listener, ["notes"]):
            await ending(claim)
        await queue.connection.execute("truncate fleet.job")


async def test_a_rescued_job_wakes_its_queue(queue: Queue, listener: Listener) -> None:
    await queue.claimed()
    await queue.advance(LEASE)

    async with _nothing_but(listener, ["notes"]):
        await queue.rescue()


async def test_a_worker_that_goes_wakes_those_who_may_have_left_it_a_job_to_run_alone(
    queue: Queue, listener: Listener
) -> None:
    await queue.add()
    await queue.connection.execute("update fleet.job set crashes = 2")
    await queue.add(queue="pages")
    worker = await queue.worker()

    async with _nothing_but(listener, ["notes"]):
        await queue.retire(worker)


@pytest.mark.parametrize(("crashes", "state"), [(1, "ready"), (2, "running")])
async def test_a_worker_that_goes_wakes_nobody_when_no_job_waits_to_run_alone(
    queue: Queue, listener: Listener, crashes: int, state: str
) -> None:
    await queue.claimed()
    await queue.add()
    await queue.connection.execute(
        "update fleet.job set crashes = $1 where state = $2::text::fleet.job_state", crashes, state
    )
    worker = await queue.worker()

    async with _nothing_but(listener, []):
        await queue.retire(worker)


async def test_a_promoted_job_wakes_its_queue(queue: Queue, listener: Listener) -> None:
    await queue.add(delay=MINUTE)
    await queue.advance(MINUTE)

    async with _nothing_but(listener, ["notes"]):
        await queue.promote()


async def test_what_is_brought_back_or_moved_wakes_its_queue(queue: Queue, listener: Listener) -> None:
    failed = await queue.claimed()
    await queue.fail(failed)
    async with _nothing_but(listener, ["notes"]):
        await queue.retry(failed["id"])
    async with _nothing_but(listener, ["notes"]):
        await queue.reschedule(failed["id"], to=queue.now + MINUTE)
    async with _nothing_but(listener, ["notes"]):
        await queue.retry(failed["id"])
    # The queue it left may have passed over it while it was locked.
    async with _nothing_but(listener, ["notes", "urgent"]):
        await queue.move(failed["id"], to="urgent")


async def test_a_queue_that_is_paused_or_resumed_wakes(queue: Queue, listener: Listener) -> None:
    async with _nothing_but(listener, ["notes"]):
        await queue.pause(lasting=MINUTE)
    async with _nothing_but(listener, ["notes"]):
        await queue.resume()


async def test_a_claim_and_a_finish_wake_nobody(queue: Queue, listener: Listener) -> None:
    await queue.add()

    async with _nothing_but(listener, []):
        (claim,) = await queue.claim(await queue.worker())
        await queue.finish(claim)


async def test_the_longest_name_of_a_queue_fits_into_a_notification(queue: Queue, listener: Listener) -> None:
    await queue.add(queue="q" * 63)

    assert await listener.heard() == ["q" * 63]


@pytest.mark.parametrize("change", ["reprioritise", "retry", "reschedule"])
async def test_a_ready_job_that_a_claim_may_have_passed_over_while_it_was_locked_wakes_its_queue(
    queue: Queue, listener: Listener, change: str
) -> None:
    job = await queue.add()
    await listener.heard()
    to: dict[str, dict[str, object]] = {"reprioritise": {"to": 3}, "reschedule": {"to": queue.now}}

    await getattr(queue, change)(job, **to.get(change, {}))

    assert await listener.heard() == ["notes"]


async def test_what_is_admitted_wakes_its_queue(queue: Queue, listener: Listener) -> None:
    await queue.add(fair_key="k")
    await listener.heard()

    assert await queue.connection.fetchval("select fleet.admit()") == 1

    assert await listener.heard() == ["notes"]


async def test_a_change_of_what_no_claim_passes_over_wakes_nobody(queue: Queue, listener: Listener) -> None:
    running = await queue.claimed()
    scheduled = await queue.add(delay=MINUTE)

    async with _nothing_but(listener, []):
        await queue.reprioritise(running["id"], scheduled, to=3)
