"""fleet.rescue: the jobs of dead workers, and of nobody else, run again or end as lost."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import anyio
import pytest

from fleet.db import Row, ServerError
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, NOON, Queue, open_queue


async def test_the_job_of_a_dead_worker_runs_again(queue: Queue) -> None:
    claim = await queue.claimed()
    await queue.advance(LEASE)

    assert await queue.rescue() == 1

    live = await queue.live(claim["id"])
    assert live is not None
    assert (live["state"], live["attempt"], live["worker"], live["claimed_at"]) == ("ready", 1, None, None)
    assert live["token"] > claim["token"]


async def test_the_story_of_a_rescued_job_has_the_lost_attempt(queue: Queue) -> None:
    claim = await queue.claimed()
    await queue.advance(LEASE)
    await queue.rescue()

    (attempt,) = await queue.attempts(claim["id"])

    assert (attempt["outcome"], attempt["attempt"], attempt["error_class"]) == ("lost", 1, "WorkerLost")
    assert (attempt["token"], attempt["started_at"], attempt["ended_at"]) == (claim["token"], NOON, queue.now)


async def test_a_dead_worker_goes_with_its_last_job(queue: Queue) -> None:
    await queue.claimed()
    await queue.claimed()
    await queue.advance(LEASE)

    assert await queue.connection.fetchval("select fleet.rescue(1)") == 1
    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 1
    assert await queue.connection.fetchval("select fleet.rescue(1)") == 1
    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 0


async def test_a_dead_worker_without_jobs_goes_too(queue: Queue) -> None:
    await queue.worker()
    await queue.advance(LEASE)

    assert await queue.rescue() == 0
    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 0


async def test_a_dead_worker_goes_while_others_work_and_those_that_live_stay(queue: Queue) -> None:
    await queue.worker()
    idle = await queue.worker(lease=2 * LEASE)
    await queue.add()
    busy = await queue.worker(lease=2 * LEASE)
    await queue.claim(busy)
    await queue.advance(LEASE)

    assert await queue.rescue() == 0

    workers = await queue.connection.fetch("select id from fleet.worker")
    assert {row["id"] for row in workers} == {idle, busy}


async def test_a_live_lease_is_never_touched(queue: Queue) -> None:
    claim = await queue.claimed()
    await queue.advance(LEASE - timedelta(microseconds=1))
    before = await queue.everything()

    assert await queue.rescue() == 0
    assert await queue.everything() == before
    assert await queue.finish(claim) == [claim["id"]]


async def test_a_job_that_runs_for_hours_under_a_renewed_lease_is_never_touched(queue: Queue) -> None:
    job = await queue.add()
    worker = await queue.worker()
    (claim,) = await queue.claim(worker)
    for _ in range(100):
        await queue.advance(LEASE / 2)
        assert await queue.renew(worker)
        assert await queue.rescue() == 0

    assert await queue.finish(claim) == [job]


async def test_a_rescue_knows_nothing_of_kinds(queue: Queue) -> None:
    claim = await queue.claimed()
    await queue.connection.execute("update fleet.job set kind = 'unheard_of'")
    await queue.advance(LEASE)

    assert await queue.rescue() == 1
    assert await queue.state(claim["id"]) == "ready"


async def test_a_job_whose_workers_die_ends_as_lost_with_its_last_attempt(queue: Queue) -> None:
    job = await queue.add(max_attempts=2)
    for attempt in (1, 2):
        (claim,) = await queue.claim(await queue.worker())
        assert claim["attempt"] == attempt
        await queue.advance(LEASE)
        await queue.rescue()

    end = await queue.finished(job)
    assert end is not None
    assert (end["outcome"], end["error_class"], end["attempt"]) == ("lost", "WorkerLost", 2)
    assert await queue.live(job) is None
    assert [row["outcome"] for row in await queue.attempts(job)] == ["lost", "lost"]


async def test_a_lost_job_frees_its_key(queue: Queue) -> None:
    await queue.claimed(max_attempts=1, unique_key="k")
    await queue.advance(LEASE)
    await queue.rescue()

    assert (await queue.enqueue(unique_key="k"))["inserted"]


async def test_a_clock_that_jumps_ahead_costs_one_attempt_and_no_job(queue: Queue) -> None:
    worker = await queue.worker()
    jobs = [await queue.add() for _ in range(3)]
    stale = await queue.claim(worker, 3)
    await queue.advance(timedelta(minutes=10))
    await queue.rescue()
    await queue.rescue()

    fresh = await queue.claim(await queue.worker(), 3)

    assert await queue.finish(*stale) == []
    assert [claim["attempt"] for claim in fresh] == [2, 2, 2]
    assert sorted(await queue.finish(*fresh)) == jobs


async def test_two_rescuers_rescue_each_job_once(queue: Queue, database: Database) -> None:
    for _ in range(30):
        await queue.add()
    for _ in range(3):
        await queue.claim(await queue.worker(), 10)
    await queue.advance(LEASE)
    rescued: list[int] = []

    async def rescue() -> None:
        async with open_queue(database.url, now=queue.now) as other:
            while count := await other.connection.fetchval("select fleet.rescue(4)"):
                rescued.append(count)

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(rescue)
    rescued.append(await queue.rescue())

    assert sum(rescued) == 30
    assert await queue.connection.fetchval("select count(*) from fleet.attempt") == 30
    assert await queue.connection.fetchval("select count(*) from fleet.job where attempt = 1 and state = 'ready'") == 30


async def test_a_rescuer_does_not_wait_for_another(queue: Queue, database: Database) -> None:
    await queue.claimed()
    await queue.advance(LEASE)

    async with open_queue(database.url, now=queue.now) as other, other.connection.transaction():
        assert await other.rescue() == 1
        with anyio.fail_after(5):
            assert await queue.rescue() == 0


async def test_a_finish_that_comes_before_the_rescue_wins(queue: Queue, database: Database) -> None:
    claim = await queue.claimed()
    await queue.advance(LEASE)

    async with open_queue(database.url) as other, other.connection.transaction():
        assert await other.finish(claim) == [claim["id"]]
        with anyio.fail_after(5):
            assert await queue.rescue() == 0

    await queue.rescue()
    assert await queue.state(claim["id"]) == "done"


async def test_a_finish_that_waited_for_the_rescue_is_refused(queue: Queue, database: Database) -> None:
    claim = await queue.claimed()
    accepted: list[list[int]] = []

    async with (
        open_queue(database.url) as watcher,
        open_queue(database.url) as late,
        anyio.create_task_group() as tasks,
    ):

        async def finish() -> None:
            accepted.append(await late.finish(claim))

        async with queue.connection.transaction():
            await queue.advance(LEASE)
            await queue.rescue()
            tasks.start_soon(finish)
            await until(partial(watcher.is_waiting, late))

    assert accepted == [[]]
    assert await queue.state(claim["id"]) == "ready"


async def test_a_rescue_buries_so_many_at_a_time(queue: Queue) -> None:
    for _ in range(21):
        await queue.worker()
    await queue.advance(LEASE)

    await queue.rescue()

    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 1


async def test_a_job_whose_worker_nobody_knows_is_rescued(queue: Queue) -> None:
    strangers = [uuid4(), uuid4()]
    await queue.connection.execute(
        "insert into fleet.job (kind, queue, state, worker, claimed_at, attempt, token)"
        " select 'note', 'notes', 'running', stranger, fleet.now(), 1, 1 from unnest($1::uuid[]) as stranger",
        [*strangers, strangers[0]],
    )
    worker = await queue.worker()

    await queue.claim(worker, 0)
    claims = await queue.claim(worker, 5)

    assert len(claims) == 3
    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 1


async def test_a_retired_worker_loses_its_jobs_at_once(queue: Queue) -> None:
    job = await queue.add()
    worker = await queue.worker()
    await queue.claim(worker)

    await queue.retire(worker)

    assert await queue.state(job) == "ready"
    assert await queue.held_by(worker) == []
    assert not await queue.renew(worker)


async def test_a_worker_that_retires_gives_its_attempts_back_and_goes(queue: Queue) -> None:
    job = await queue.add()
    worker = await queue.worker()
    await queue.claim(worker)

    await queue.retire(worker)

    live = await queue.live(job)
    assert live is not None
    assert live["attempt"] == 0
    assert [row["outcome"] for row in await queue.attempts(job)] == ["interrupted"]
    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 0


async def test_a_buried_worker_loses_its_jobs_at_once(queue: Queue) -> None:
    job = await queue.add()
    worker = await queue.worker()
    await queue.claim(worker)

    assert await queue.bury(worker) == 1

    live = await queue.live(job)
    assert live is not None
    assert (live["state"], live["attempt"]) == ("ready", 1)
    assert [row["outcome"] for row in await queue.attempts(job)] == ["lost"]
    assert not await queue.renew(worker)


async def test_the_others_live_on_when_a_worker_is_buried(queue: Queue) -> None:
    worker, other = await queue.worker(), await queue.worker()

    await queue.bury(worker)

    assert await queue.renew(other)


async def test_the_others_live_on_when_a_worker_retires(queue: Queue) -> None:
    worker, other = await queue.worker(), await queue.worker()

    await queue.retire(worker)

    assert await queue.renew(other)
    assert not await queue.renew(worker)


async def test_a_worker_with_running_jobs_cannot_be_deleted(queue: Queue) -> None:
    claim = await queue.claimed()

    with pytest.raises(ServerError, match="still has running jobs") as refusal:
        await queue.connection.execute("delete from fleet.worker")

    assert refusal.value.sqlstate == "FL004"
    assert await queue.finish(claim) == [claim["id"]]
    await queue.connection.execute("delete from fleet.worker")


async def test_a_worker_cannot_be_deleted_beside_a_claim_that_is_under_way(queue: Queue, database: Database) -> None:
    await queue.add()
    worker = await queue.worker()
    refused: list[str | None] = []

    async with (
        open_queue(database.url) as watcher,
        open_queue(database.url) as other,
        anyio.create_task_group() as tasks,
    ):

        async def delete() -> None:
            with pytest.raises(ServerError) as refusal:
                await other.connection.execute("delete from fleet.worker")
            refused.append(refusal.value.sqlstate)

        async with queue.connection.transaction():
            await queue.claim(worker)
            tasks.start_soon(delete)
            await until(partial(watcher.is_waiting, other))

    assert refused == ["FL004"]


async def test_workers_cannot_be_truncated_away_from_their_jobs(queue: Queue) -> None:
    await queue.claimed()

    with pytest.raises(ServerError) as refusal:
        await queue.connection.execute("truncate fleet.worker")

    assert refusal.value.sqlstate == "FL004"


async def test_idle_workers_can_be_truncated_while_jobs_wait(queue: Queue) -> None:
    await queue.add()
    await queue.worker()

    await queue.connection.execute("truncate fleet.worker")

    assert await queue.connection.fetchval("select count(*) from fleet.worker") == 0


async def test_rows_deleted_by_hand_while_they_run_are_refused_once_and_stop_nothing(queue: Queue) -> None:
    first: Row = await queue.claimed()
    second = await queue.claimed()
    await queue.connection.execute("delete from fleet.job where id = $1", first["id"])

    assert await queue.finish(first, second) == [second["id"]]


async def test_a_claim_that_rescues_a_job_with_a_fair_key_gives_it_its_turn(queue: Queue) -> None:
    job = await queue.add(fair_key="acme")
    await queue.claim(await queue.worker())
    other = await queue.worker(lease=timedelta(hours=1))
    await queue.advance(LEASE)

    assert [claim["id"] for claim in await queue.claim(other)] == [job]
