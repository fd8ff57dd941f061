"""What a simulation relies on holds in its memory and in PostgreSQL alike."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from fleet.errors import LeaseLost
from fleet.queue.claim import Claimed
from fleet.queue.outcome import Cancelled, Done, Failed, Snoozed
from fleet.queue.store import Identity
from fleet.testing.database import Database
from tests.queue.sql.session import LEASE, Queue
from tests.simulation.bench import Bench, InMemory, bench_on

IDENTITY = Identity(service="bench", replica="one", version="source", pid=1)
KINDS = ["note", "sync"]
LATER = timedelta(seconds=5)


@pytest.fixture(params=["memory", "postgres"])
async def bench(request: pytest.FixtureRequest, queue: Queue, database: Database) -> AsyncIterator[Bench]:
    if request.param == "memory":
        yield InMemory()
        return
    async with bench_on(queue, database.url) as postgres:
        yield postgres


async def worker(bench: Bench) -> UUID:
    name = uuid4()
    await bench.store.register(name, IDENTITY, ["notes"], KINDS, LEASE)
    return name


async def claim(bench: Bench, by: UUID, free: int = 10) -> list[Claimed]:
    return sorted(await bench.store.claim(by, KINDS, {"notes": free}), key=lambda one: one.id)


async def states(bench: Bench) -> dict[object, object]:
    """The state of each live job, and the outcome of each finished one."""
    rows = await bench.everything()
    live = {row[1]: row[4] for row in rows if row[0] == "live"}
    return live | {row[1]: row[11] for row in rows if row[0] == "ended"}


async def test_a_claim_counts_the_attempt_and_gives_a_new_token(bench: Bench) -> None:
    await bench.enqueue()
    mine = await worker(bench)

    (first,) = await claim(bench, mine)
    await bench.store.fail([(first.key, Failed("Boom", "it broke", timedelta(0)))])
    (second,) = await claim(bench, mine)

    assert (first.token, first.attempt) == (1, 1)
    assert (second.token, second.attempt) == (3, 2)


async def test_a_claim_takes_the_lowest_priority_and_then_the_oldest(bench: Bench) -> None:
    for priority in (1, 0, 0):
        await bench.enqueue(priority=priority)

    claimed = await claim(bench, await worker(bench), free=2)

    assert [one.id for one in claimed] == [2, 3]


async def test_a_worker_without_a_lease_claims_nothing(bench: Bench) -> None:
    await bench.enqueue()
    mine = await worker(bench)
    await bench.advance(LEASE)

    with pytest.raises(LeaseLost):
        await claim(bench, mine)

    assert await states(bench) == {1: "ready"}


async def test_a_lease_that_ran_out_is_not_renewed(bench: Bench) -> None:
    mine = await worker(bench)

    assert await bench.renew(mine, LEASE)
    await bench.advance(LEASE)
    assert not await bench.renew(mine, LEASE)


@pytest.mark.parametrize("ending", ["finish", "fail", "snooze", "release", "end_cancelled"])
async def test_an_old_token_ends_nothing(bench: Bench, ending: str) -> None:
    await bench.enqueue()
    (old,) = await claim(bench, await worker(bench))
    await bench.advance(LEASE)
    (new,) = await claim(bench, await worker(bench))
    before = await bench.everything()

    accepted = await end(bench, ending, old)

    assert accepted == set()
    assert await bench.everything() == before
    assert await end(bench, ending, new) == {new.id}


async def end(bench: Bench, ending: str, one: Claimed) -> set[int]:
    match ending:
        case "finish":
            return await bench.store.finish([(one.key, Done(None))])
        case "fail":
            return await bench.store.fail([(one.key, Failed("Boom", "it broke", LATER))])
        case "snooze":
            return await bench.store.snooze([(one.key, Snoozed(LATER, "not yet"))])
        case "release":
            return await bench.store.release([one.key], "shutdown")
        case _:
            return await bench.store.end_cancelled([(one.key, Cancelled())])


async def test_the_job_of_a_dead_worker_is_rescued_until_its_attempts_are_used_up(bench: Bench) -> None:
    await bench.enqueue(max_attempts=2)
    for _ in range(2):
        await claim(bench, await worker(bench))
        await bench.advance(LEASE)

    rescued = await bench.rescue()

    assert rescued == 1
    assert await states(bench) == {1: "lost"}


async def test_a_job_under_which_two_workers_died_runs_alone(bench: Bench) -> None:
    await bench.enqueue()
    for _ in range(2):
        await claim(bench, await worker(bench))
        await bench.advance(LEASE)
    await bench.rescue()
    await bench.enqueue()
    mine = await worker(bench)

    (alone,) = await claim(bench, mine)

    assert alone.id == 1
    assert await claim(bench, mine) == []
    assert [one.id for one in await claim(bench, await worker(bench))] == [2]


async def test_of_two_workers_one_goes_on_while_the_other_runs_a_job_alone(bench: Bench) -> None:
    for _ in range(2):
        await bench.enqueue()
    for _ in range(2):
        await claim(bench, await worker(bench))
        await bench.advance(LEASE)
    await bench.rescue()
    await bench.enqueue()
    crew = [await worker(bench) for _ in range(2)]

    taken = {one.id for mine in [*crew, *crew] for one in await claim(bench, mine)}

    assert taken == {1, 3}


async def test_a_worker_that_retires_hands_back_what_it_has(bench: Bench) -> None:
    await bench.enqueue()
    mine = await worker(bench)
    await claim(bench, mine)

    await bench.store.retire(mine)

    (back,) = await claim(bench, await worker(bench))
    assert back.attempt == 1


async def test_ten_interruptions_cost_no_attempt_and_the_next_ones_do(bench: Bench) -> None:
    await bench.enqueue(max_attempts=1)
    mine = await worker(bench)
    for _ in range(10):
        (one,) = await claim(bench, mine)
        await bench.store.release([one.key], "shutdown")
    (one,) = await claim(bench, mine)

    await bench.store.release([one.key], "shutdown")

    assert await states(bench) == {1: "lost"}


async def test_a_running_job_is_told_of_its_cancel_and_ends_as_cancelled(bench: Bench) -> None:
    await bench.enqueue()
    mine = await worker(bench)
    (one,) = await claim(bench, mine)
    await bench.notified()

    changes = await bench.cancel(1)

    assert changes == [(1, "running", "cancelling")]
    assert ("fleet_cancel", str(mine)) in await bench.notified()
    assert await bench.store.held_by(mine) == {one.key: True}
    await bench.store.fail([(one.key, Failed("Boom", "it broke", LATER))])
    assert await states(bench) == {1: "cancelled"}


async def test_nothing_is_claimed_from_a_paused_queue_until_its_pause_ends(bench: Bench) -> None:
    await bench.enqueue()
    mine = await worker(bench)
    await bench.pause(LATER)

    assert await claim(bench, mine) == []
    assert await bench.store.next_due(mine) == LATER
    await bench.advance(LATER)
    assert [one.id for one in await claim(bench, mine)] == [1]


async def test_the_end_of_another_workers_lease_is_something_to_wake_for(bench: Bench) -> None:
    mine = await worker(bench)
    await bench.advance(timedelta(seconds=1))
    await worker(bench)

    assert await bench.store.next_due(mine) == LEASE


async def test_a_unique_key_that_is_taken_gives_the_job_that_has_it(bench: Bench) -> None:
    first = await bench.enqueue(unique_key="a")
    again = await bench.enqueue(unique_key="a")

    assert (first, again) == ((1, True), (1, False))


async def test_a_job_that_goes_back_gives_its_key_up_to_the_one_that_waits(bench: Bench) -> None:
    await bench.enqueue("sync", unique_key="a")
    (running,) = await claim(bench, await worker(bench))
    waiting = await bench.enqueue("sync", unique_key="a")

    await bench.store.release([running.key], "shutdown")

    assert waiting == (2, True)
    assert await states(bench) == {1: "ready", 2: "ready"}
    # The one that waited has it.
    assert await bench.enqueue("sync", unique_key="a") == (2, False)


async def test_a_fair_key_has_no_more_ready_and_running_than_its_limit(bench: Bench) -> None:
    await bench.limit_keys(1)
    for _ in range(2):
        await bench.enqueue(fair_key="psf")
    mine = await worker(bench)

    (one,) = await claim(bench, mine)

    assert await states(bench) == {1: "running", 2: "held"}
    await bench.store.finish([(one.key, Done(None))])
    assert await states(bench) == {1: "done", 2: "ready"}


async def test_a_limited_queue_runs_no_more_than_its_limit(bench: Bench) -> None:
    await bench.limit_queue(1)
    for _ in range(2):
        await bench.enqueue()
    mine = await worker(bench)
    (one,) = await claim(bench, mine)
    await bench.notified()

    assert await claim(bench, mine) == []
    await bench.store.finish([(one.key, Done(None))])
    assert await bench.notified() == {("fleet_wake", "notes")}


async def test_a_job_that_is_brought_back_has_a_token_of_its_own(bench: Bench) -> None:
    await bench.enqueue(max_attempts=1)
    mine = await worker(bench)
    (one,) = await claim(bench, mine)
    await bench.store.fail([(one.key, Failed("Boom", "it broke", None))])

    changes = await bench.retry(1)

    assert changes == [(1, "failed", "ready")]
    (again,) = await claim(bench, mine)
    assert (again.token, again.attempt) == (3, 1)
