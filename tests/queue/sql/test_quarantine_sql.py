"""A job under which workers die runs alone, so that it takes no neighbour with it."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import anyio
import pytest

from fleet.testing.database import Database
from tests.queue.sql.session import LEASE, Queue, open_queue

HOUR = timedelta(hours=1)


async def lose(queue: Queue, times: int) -> None:
    """Let whatever is ready be claimed and its worker die, so often."""
    for _ in range(times):
        await queue.claim(await queue.worker(), 100)
        await queue.advance(LEASE)
        await queue.rescue()


async def ids(queue: Queue, worker: UUID, free: int = 10, **options: object) -> list[int]:
    return sorted(claim["id"] for claim in await queue.claim(worker, free, **options))  # type: ignore[arg-type]  # as given


async def register_first(
    queue: Queue, *, queues: str = "{notes}", kinds: str = "{note}", lease: timedelta = HOUR
) -> UUID:
    """A worker that comes before every other one with as much to do."""
    first = UUID(int=1)
    await queue.connection.execute(
        "select fleet.register_worker($1, 'analyzer', 'r1', 'v1', 1, $2::text::text[], $3::text::text[], $4)",
        first,
        queues,
        kinds,
        lease,
    )
    return first


@pytest.fixture
async def suspect(queue: Queue) -> int:
    """A job of whose four attempts two have ended with the death of its worker."""
    suspect = await queue.add(max_attempts=4)
    await lose(queue, 2)
    return suspect


async def test_a_job_whose_worker_died_twice_is_claimed_alone(queue: Queue, suspect: int) -> None:
    await queue.add(priority=-1)
    worker = await queue.worker(lease=HOUR)

    assert await ids(queue, worker) == [suspect]


async def test_it_is_claimed_alone_in_the_moment_in_which_it_falls_due(queue: Queue) -> None:
    suspect = await queue.add(delay=timedelta(minutes=1))
    await queue.connection.execute("update fleet.job set crashes = 2")
    worker = await queue.worker(lease=HOUR)
    await queue.advance(timedelta(minutes=1))

    assert await ids(queue, worker) == [suspect]


async def test_only_the_death_of_a_worker_counts_against_a_job(queue: Queue) -> None:
    job = await queue.add(max_attempts=10)
    for ending in (partial(queue.fail, delay=timedelta(0)), partial(queue.snooze, delay=timedelta(0)), queue.release):
        await ending(*await queue.claim(await queue.worker()))
    await lose(queue, 1)
    other = await queue.add()

    assert await ids(queue, await queue.worker()) == [job, other]


async def test_its_worker_takes_nothing_beside_it(queue: Queue, suspect: int) -> None:
    other = await queue.add()
    worker = await queue.worker(lease=HOUR)
    (claim,) = await queue.claim(worker, 10)

    assert await ids(queue, worker) == []
    await queue.finish(claim)

    assert claim["id"] == suspect
    assert await ids(queue, worker) == [other]


async def test_other_workers_go_on_meanwhile(queue: Queue, suspect: int) -> None:
    first, second = await register_first(queue), await queue.worker(lease=HOUR)
    others = [await queue.add() for _ in range(2)]

    assert await ids(queue, first) == [suspect]
    assert [await ids(queue, second, 1) for _ in others] == [[other] for other in others]


@pytest.mark.parametrize(("workers", "alone"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)])
async def test_no_more_than_half_of_the_workers_run_one_at_a_time(queue: Queue, workers: int, alone: int) -> None:
    for _ in range(workers):
        await queue.add(max_attempts=4)
    await lose(queue, 2)
    others = [await queue.add() for _ in range(workers)]
    crew = sorted([await queue.worker(lease=HOUR) for _ in range(workers)])

    taken = [(await ids(queue, worker, 1))[0] for worker in crew]

    assert sum(job not in others for job in taken) == alone


async def test_those_that_could_not_run_it_do_not_count_among_the_workers(queue: Queue) -> None:
    for _ in range(2):
        await queue.add(max_attempts=4)
    await lose(queue, 2)
    other = await queue.add()
    crew = sorted([await queue.worker(lease=HOUR) for _ in range(3)])
    await register_first(queue, queues="{pages}")

    taken = [await ids(queue, worker, 1) for worker in crew]

    assert taken[1:] == [[other], []]


async def test_when_a_worker_has_run_one_it_runs_the_next(queue: Queue) -> None:
    suspects = [await queue.add(max_attempts=4) for _ in range(2)]
    await lose(queue, 2)
    first, second = await register_first(queue), await queue.worker(lease=HOUR)
    (claim,) = await queue.claim(first, 10)
    await ids(queue, second)
    await queue.finish(claim)

    assert [claim["id"], *await ids(queue, first)] == suspects


async def test_the_most_urgent_of_several_is_first(queue: Queue) -> None:
    _, urgent = [await queue.add(max_attempts=4, priority=priority) for priority in (1, 0)]
    await lose(queue, 2)

    assert await ids(queue, await queue.worker(lease=HOUR)) == [urgent]


@pytest.mark.parametrize("moment", ["run_at", "enqueued_at"])
async def test_it_has_waited_since_it_was_there_and_due(queue: Queue, suspect: int, moment: str) -> None:
    await queue.connection.execute(f"update fleet.job set {moment} = fleet.now() - interval '2 s'")

    (claim,) = await queue.claim(await queue.worker(lease=HOUR))

    assert (claim["id"], claim["waited_ms"]) == (suspect, 2000)


async def test_one_that_somebody_holds_is_for_later(queue: Queue, suspect: int, database: Database) -> None:
    other = await queue.add()
    worker = await queue.worker(lease=HOUR)

    async with open_queue(database.url) as holder, holder.connection.transaction():
        await holder.connection.execute("select from fleet.job where id = $1 for update", suspect)
        with anyio.fail_after(5):
            assert await ids(queue, worker) == [other]


@pytest.mark.parametrize(("queues", "kinds"), [("{pages}", "{note}"), ("{notes}", "{other}")])
async def test_it_does_not_wait_for_a_worker_that_could_not_run_it(
    queue: Queue, suspect: int, queues: str, kinds: str
) -> None:
    await register_first(queue, queues=queues, kinds=kinds)

    assert await ids(queue, await queue.worker(lease=HOUR)) == [suspect]


async def test_it_does_not_wait_for_a_dead_worker_that_nobody_can_bury(
    queue: Queue, suspect: int, database: Database
) -> None:
    dead = await register_first(queue, lease=LEASE)
    worker = await queue.worker(lease=HOUR)
    await queue.advance(LEASE)

    async with open_queue(database.url) as holder, holder.connection.transaction():
        await holder.connection.execute("select from fleet.worker where id = $1 for key share", dead)
        assert await ids(queue, worker) == [suspect]


async def test_the_worker_with_the_least_to_do_takes_nothing_more_until_it_is_idle(queue: Queue) -> None:
    busier, busy = await register_first(queue), await queue.worker(lease=HOUR)
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


async def test_a_worker_is_idle_first_also_for_a_queue_that_it_did_not_register_for(queue: Queue) -> None:
    suspect = await queue.add(queue="pages")
    await queue.connection.execute("update fleet.job set crashes = 2")
    await queue.add()
    worker = await queue.worker()
    (other,) = await queue.claim(worker)

    assert await ids(queue, worker, queues=["pages"]) == []
    assert await queue.state(suspect) == "ready"
    await queue.finish(other)
    assert await ids(queue, worker, queues=["pages"]) == [suspect]


async def test_one_death_is_nobodys_fault(queue: Queue) -> None:
    first, second = await queue.add(), await queue.add()
    await lose(queue, 1)

    assert await ids(queue, await queue.worker(lease=HOUR)) == [first, second]


async def test_a_worker_that_stops_in_order_has_not_died(queue: Queue) -> None:
    first, second = await queue.add(), await queue.add()
    for _ in range(3):
        await queue.release(*sorted(await queue.claim(await queue.worker(), 10), key=lambda claim: int(claim["id"])))

    assert await ids(queue, await queue.worker(lease=HOUR)) == [first, second]


async def test_an_attempt_that_fails_has_killed_nobody(queue: Queue) -> None:
    first, second = await queue.add(), await queue.add()
    for _ in range(2):
        await queue.fail(*await queue.claim(await queue.worker(), 10), delay=timedelta(0))

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
            # Of several, the first one by its id would be the one to run the job alone.
            await queue.retire(worker)

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


async def test_it_uses_up_the_rate_of_its_queue(queue: Queue, suspect: int) -> None:
    await queue.add()
    first, second = await register_first(queue), await queue.worker(lease=HOUR)
    await queue.connection.execute("select fleet.limit_rate('notes', 1, '1 min')")

    assert await ids(queue, first) == [suspect]
    assert await ids(queue, second) == []


async def test_the_limit_of_another_queue_is_none_for_it(queue: Queue, suspect: int) -> None:
    await queue.connection.execute("select fleet.limit_queue('pages', 0)")

    assert await ids(queue, await queue.worker(lease=HOUR)) == [suspect]


async def test_without_a_free_slot_it_waits(queue: Queue, suspect: int) -> None:
    assert await ids(queue, await queue.worker(lease=HOUR), 0) == []
    assert await queue.state(suspect) == "ready"


async def test_one_whose_token_can_grow_no_more_is_left_alone(queue: Queue, suspect: int) -> None:
    await queue.connection.execute("update fleet.job set token = 1000000000 where id = $1", suspect)
    other = await queue.add()

    assert await ids(queue, await queue.worker(lease=HOUR)) == [other]


async def test_a_limit_holds_for_it_too(queue: Queue, suspect: int) -> None:
    await queue.connection.execute("select fleet.limit_queue('notes', 0)")

    assert await ids(queue, await queue.worker(lease=HOUR)) == []
    assert await queue.state(suspect) == "ready"


async def test_a_worker_that_does_not_ask_for_its_queue_goes_on(queue: Queue, suspect: int) -> None:
    other = await queue.add(queue="pages")

    assert await ids(queue, await queue.worker(lease=HOUR), queues=["pages"]) == [other]
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
