"""await_end: whoever listens and then asks is told of a job's end, whatever ends it, and nobody waits for a lock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest

from fleet.db import Row
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.listener import Listener
from tests.queue.sql.session import LEASE, Queue, open_queue

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def heard(database: Database) -> AsyncIterator[list[object]]:
    """What arrives on the channel."""
    heard: list[object] = []
    async with open_queue(database.url) as listener:
        await listener.connection.add_listener("fleet_ended", lambda *notification: heard.append(notification[-1]))
        yield heard


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Queue]:
    async with open_queue(database.url) as other:
        yield other


async def await_end(queue: Queue, job: int) -> str | None:
    answer: str | None = await queue.connection.fetchval("select fleet.await_end($1)", job)
    return answer


async def arrived(queue: Queue, heard: list[object]) -> list[object]:
    """All that was sent to the channel before now."""
    await queue.connection.execute("notify fleet_ended, 'that was all'")

    async def last() -> bool:
        return "that was all" in heard

    await until(last)
    return heard[:-1]


async def fail_for_good(queue: Queue, claim: Row) -> None:
    await queue.fail(claim)


async def cancel_and_release(queue: Queue, claim: Row) -> None:
    await queue.cancel(claim["id"])
    await queue.release(claim)


async def lose(queue: Queue, claim: Row) -> None:
    await queue.connection.execute("update fleet.job set max_attempts = 1 where id = $1", claim["id"])
    await queue.advance(LEASE)
    await queue.rescue()


async def finish(queue: Queue, claim: Row) -> None:
    await queue.finish(claim)


@pytest.mark.parametrize(
    "ending", [finish, fail_for_good, cancel_and_release, lose], ids=lambda ending: ending.__name__
)
async def test_whatever_ends_a_running_job_tells_who_awaits_it(
    queue: Queue, heard: list[object], ending: Callable[[Queue, Row], Awaitable[None]]
) -> None:
    claim = await queue.claimed()

    assert await await_end(queue, claim["id"]) == "awaited"
    await ending(queue, claim)

    assert await arrived(queue, heard) == [str(claim["id"])]
    assert await await_end(queue, claim["id"]) == "finished"


async def test_a_waiting_job_that_is_cancelled_tells_who_awaits_it(queue: Queue, heard: list[object]) -> None:
    job = await queue.add(delay=MINUTE)

    assert await await_end(queue, job) == "awaited"
    await queue.cancel(job)

    assert await arrived(queue, heard) == [str(job)]


async def test_a_job_stays_awaited_over_its_attempts(queue: Queue, heard: list[object]) -> None:
    claim = await queue.claimed()
    await await_end(queue, claim["id"])
    await queue.fail(claim, delay=timedelta(0))
    (claim,) = await queue.claim(await queue.worker())
    assert await arrived(queue, heard) == []
    heard.clear()

    await queue.finish(claim)

    assert await arrived(queue, heard) == [str(claim["id"])]


@pytest.mark.parametrize("ending", [finish, fail_for_good], ids=lambda ending: ending.__name__)
async def test_the_end_of_a_job_that_nobody_awaits_is_not_sent(
    queue: Queue, heard: list[object], ending: Callable[[Queue, Row], Awaitable[None]]
) -> None:
    await ending(queue, await queue.claimed())

    assert await arrived(queue, heard) == []


async def test_nobody_knows_the_id(queue: Queue) -> None:
    await await_end(queue, await queue.add())

    assert await await_end(queue, 10**12) is None


async def test_a_job_that_is_brought_back_is_live_again(queue: Queue) -> None:
    claim = await queue.claimed()
    await queue.fail(claim)
    await queue.retry(claim["id"])

    assert await await_end(queue, claim["id"]) == "awaited"


async def test_asking_does_not_wait_for_whoever_has_the_job(queue: Queue, other: Queue, heard: list[object]) -> None:
    claim = await queue.claimed()
    transaction = queue.connection.transaction()
    await transaction.start()
    await queue.finish(claim)
    await other.connection.execute("set lock_timeout = '1 ms'")

    assert await await_end(other, claim["id"]) == "busy"
    await transaction.commit()

    assert await await_end(other, claim["id"]) == "finished"
    assert await arrived(queue, heard) == []


async def test_a_request_made_while_a_job_waits_to_be_ended_reaches_who_ends_it(
    queue: Queue, other: Queue, heard: list[object], database: Database
) -> None:
    claim = await queue.claimed()
    transaction = other.connection.transaction()
    await transaction.start()
    assert await await_end(other, claim["id"]) == "awaited"

    async with open_queue(database.url) as ender, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: ender.finish(claim))

        async def waiting() -> bool:
            return await queue.is_waiting(ender)

        await until(waiting)
        await transaction.commit()

    assert await arrived(queue, heard) == [str(claim["id"])]


async def test_a_second_request_writes_nothing(queue: Queue) -> None:
    job = await queue.add()
    await await_end(queue, job)
    before = await queue.connection.fetchval("select xmin::text from fleet.job where id = $1", job)

    assert await await_end(queue, job) == "awaited"
    assert await queue.connection.fetchval("select xmin::text from fleet.job where id = $1", job) == before


@pytest.mark.parametrize("named", [{}, {"delay": MINUTE}, {"fair_key": "k"}], ids=["ready", "scheduled", "arriving"])
async def test_what_a_claim_may_have_passed_over_meanwhile_is_offered_again(
    queue: Queue, listener: Listener, named: dict[str, Any]
) -> None:
    job = await queue.add(**named)
    await listener.heard()

    await await_end(queue, job)
    assert await listener.heard() == ["notes"]

    await await_end(queue, job)
    assert await listener.heard() == []


async def test_a_request_about_a_running_job_wakes_nobody(queue: Queue, listener: Listener) -> None:
    claim = await queue.claimed()
    await listener.heard()

    await await_end(queue, claim["id"])

    assert await listener.heard() == []


async def test_a_held_job_gets_the_room_that_came_while_it_was_asked(
    queue: Queue, other: Queue, listener: Listener
) -> None:
    await queue.connection.execute("select fleet.limit_keys('notes', 1)")
    worker = await queue.worker()
    await queue.add(fair_key="k")
    (claim,) = await queue.claim(worker)
    held = await queue.add(fair_key="k")
    await queue.claim(worker)
    assert await queue.state(held) == "held"
    await listener.heard()

    transaction = other.connection.transaction()
    await transaction.start()
    await await_end(other, held)
    await queue.finish(claim)
    await transaction.commit()

    assert await listener.heard() == ["notes"]
    assert [taken["id"] for taken in await queue.claim(worker)] == [held]
