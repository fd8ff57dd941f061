"""A job under which workers die runs alone, so that it takes no neighbour with it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.queue.sql.session import LEASE, Queue

HOUR = timedelta(hours=1)


async def lose(queue: Queue, times: int) -> None:
    """Let whatever is ready be claimed and its worker die, so often."""
    for _ in range(times):
        await queue.claim(await queue.worker(), 100)
        await queue.advance(LEASE)
        await queue.rescue()


async def ids(queue: Queue, worker: UUID, free: int = 10, **options: object) -> list[int]:
    return sorted(claim["id"] for claim in await queue.claim(worker, free, **options))  # type: ignore[arg-type]  # as given


@pytest.fixture
async def suspect(queue: Queue) -> int:
    """A job of whose four attempts two have ended with the death of its worker."""
    suspect = await queue.add(max_attempts=4)
    await lose(queue, 2)
    return suspect


async def test_a_job_whose_worker_died_twice_is_claimed_alone(queue: Queue, suspect: int) -> None:
    await queue.add()
    worker = await queue.worker(lease=HOUR)

    assert await ids(queue, worker) == [suspect]


async def test_its_worker_takes_nothing_beside_it(queue: Queue, suspect: int) -> None:
    other = await queue.add()
    worker = await queue.worker(lease=HOUR)
    (claim,) = await queue.claim(worker, 10)

    assert await ids(queue, worker) == []
    await queue.finish(claim)

    assert claim["id"] == suspect
    assert await ids(queue, worker) == [other]


async def test_other_workers_go_on_meanwhile(queue: Queue, suspect: int) -> None:
    one, two = [await queue.worker(lease=HOUR) for _ in range(2)]
    other = await queue.add()

    claimed = {worker: await ids(queue, worker) for worker in (one, two)}

    assert sorted(claimed.values()) == sorted([[suspect], [other]])


async def test_the_worker_with_the_least_to_do_takes_nothing_more_until_it_is_idle(queue: Queue) -> None:
    busy, busier = [await queue.worker(lease=HOUR) for _ in range(2)]
    suspect = await queue.add(max_attempts=4)
    await queue.connection.execute(
        "update fleet.job set crashes = 2, run_at = fleet.now() + '1 min', state = 'scheduled'"
    )
    for _ in range(5):
        await queue.add()
    (last,) = await queue.claim(busy)
    await queue.claim(busier, 2)
    await queue.connection.execute("update fleet.job set run_at = fleet.now(), state = 'ready' where crashes = 2")

    assert await ids(queue, busy) == []
    assert len(await queue.claim(busier, 1)) == 1
    await queue.finish(last)

    assert await ids(queue, busy) == [suspect]


async def test_one_death_is_nobodys_fault(queue: Queue) -> None:
    first, second = await queue.add(), await queue.add()
    await lose(queue, 1)

    assert await ids(queue, await queue.worker(lease=HOUR)) == [first, second]


async def test_a_worker_that_stops_in_order_has_not_died(queue: Queue) -> None:
    first, second = await queue.add(), await queue.add()
    for _ in range(3):
        await queue.release(*sorted(await queue.claim(await queue.worker(), 10), key=lambda claim: int(claim["id"])))

    assert await ids(queue, await queue.worker(lease=HOUR)) == [first, second]


async def test_neighbours_of_a_job_that_kills_its_workers_all_finish(queue: Queue) -> None:
    """Each claim that has the poisonous job in it costs the worker its life."""
    poison = await queue.add()
    neighbours = [await queue.add() for _ in range(5)]

    for _ in range(20):
        worker = await queue.worker()
        claims = sorted(await queue.claim(worker, 3), key=lambda claim: int(claim["id"]))
        if poison in [claim["id"] for claim in claims]:
            await queue.advance(LEASE)
            await queue.rescue()
        else:
            await queue.finish(*claims)

    assert await queue.state(poison) == "lost"
    assert {await queue.state(job) for job in neighbours} == {"done"}


async def test_a_job_that_is_retried_begins_without_its_past(queue: Queue) -> None:
    job = await queue.add(max_attempts=2)
    await lose(queue, 2)
    await queue.retry(job)
    other = await queue.add()

    assert await ids(queue, await queue.worker(lease=HOUR)) == [job, other]


async def test_a_pause_holds_for_it_too_and_keeps_nobody_else(queue: Queue, suspect: int) -> None:
    other = await queue.add(queue="pages")
    await queue.pause("notes")
    worker = await queue.worker(lease=HOUR)

    assert await ids(queue, worker, queues=["notes", "pages"]) == [other]
    assert await queue.state(suspect) == "ready"


async def test_a_limit_holds_for_it_too(queue: Queue, suspect: int) -> None:
    await queue.connection.execute("select fleet.limit_queue('notes', 0)")

    assert await ids(queue, await queue.worker(lease=HOUR)) == []
    assert await queue.state(suspect) == "ready"


async def test_a_worker_that_does_not_know_its_kind_goes_on(queue: Queue, suspect: int) -> None:
    await queue.declare("other")
    other = await queue.add("other")

    assert await ids(queue, await queue.worker(lease=HOUR), kinds=["other"]) == [other]
    assert await queue.state(suspect) == "ready"


async def test_why_tells_that_it_waits_to_run_alone(queue: Queue, suspect: int) -> None:
    await queue.worker(lease=HOUR)

    reasons = [row[0] for row in await queue.connection.fetch("select fleet.why($1)", suspect)]

    assert reasons == ["its worker has died 2 times: it runs alone, once a worker has nothing else to do"]


async def test_a_running_row_whose_worker_nobody_knows_is_rescued(queue: Queue) -> None:
    await queue.connection.execute(
        "insert into fleet.job (kind, queue, state, worker, claimed_at, attempt, token)"
        " values ('note', 'notes', 'running', $1, fleet.now(), 1, 1)",
        uuid4(),
    )
    worker = await queue.worker(lease=HOUR)

    await queue.claim(worker, 0)
    claims = await queue.claim(worker, 1)

    assert len(claims) == 1
    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 1
