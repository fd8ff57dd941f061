"""Worker processes that are killed, frozen, starved, or killed by what they run."""

import os
import resource
import signal
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from fleet.db import Pool
from fleet.testing.ask import Ask
from fleet.testing.process import WorkerProcess
from fleet.testing.until import until as until_true
from fleet.testing.waiting import Until
from tests.faults.conftest import LEASE, PATIENCE, Scene
from tests.faults.steps import Other, Step

LONG_LEASE = timedelta(seconds=15)


async def kill_with_all_it_started(worker: WorkerProcess) -> float:
    """Kill *worker* as the end of its machine would; returns when that was."""
    os.killpg(worker.pid, signal.SIGKILL)
    killed_at = monotonic()
    assert await worker.exit_code() == -signal.SIGKILL
    return killed_at


async def test_the_job_of_a_worker_that_is_killed_runs_elsewhere_long_before_its_lease_is_over(
    scene: Scene, ask: Ask
) -> None:
    await scene.start(2, lease=LONG_LEASE)
    job = await ask.enqueue(Step(act="stay once"))
    worker = await scene.runner(job)

    killed_at = monotonic()
    await worker.kill()
    began = await scene.marked("began", job, times=2)

    assert [mark.attempt for mark in began] == [1, 2]
    assert began[1].pid != began[0].pid
    assert began[1].at - killed_at < 2
    assert await scene.ended(job) == [(job, 2)]
    assert await ask.story(job) == [("lost", 1, "WorkerLost")]


@pytest.mark.faults
async def test_the_job_of_a_machine_that_died_runs_again_when_its_lease_is_over(scene: Scene, ask: Ask) -> None:
    await scene.start(2)
    job = await ask.enqueue(Step(act="stay once"))
    worker = await scene.runner(job)

    killed_at = await kill_with_all_it_started(worker)
    began = await scene.marked("began", job, times=2)

    assert [mark.attempt for mark in began] == [1, 2]
    # Nobody was left who could have said so at once.
    assert LEASE.total_seconds() / 2 < began[1].at - killed_at < LEASE.total_seconds() + 2
    assert await scene.ended(job) == [(job, 2)]
    assert await ask.story(job) == [("lost", 1, "WorkerLost")]


@pytest.mark.faults
async def test_the_only_worker_that_is_killed_leaves_its_job_to_its_successor(
    scene: Scene, ask: Ask, pool: Pool
) -> None:
    (first,) = await scene.start()
    job = await ask.enqueue(Step(act="stay once"))
    assert await scene.runner(job) is first
    former = await first.id()

    await first.kill()
    (second,) = await scene.start()

    assert await scene.ended(job) == [(job, 2)]
    assert await second.id() != former
    assert await pool.fetchval("select count(*) from fleet.worker where id = $1", former) == 0


@pytest.mark.faults
async def test_workers_that_are_killed_again_and_again_lose_no_job_and_repeat_only_what_they_were_running(
    scene: Scene, ask: Ask
) -> None:
    random = Random(7)
    workers = await scene.start(3, lease=timedelta(seconds=1))
    jobs = [await ask.enqueue(Step(act="stay", seconds=random.uniform(0.01, 0.2))) for _ in range(400)]
    killed = []
    for kills in range(1, 9):
        await scene.marked("began", times=40 * kills)
        victim = workers.pop(random.randrange(3))
        await victim.kill()
        killed.append(victim.pid)
        workers += await scene.start(lease=timedelta(seconds=1))

    became = await accounted_in_full(scene, len(jobs))
    began = {job: [mark.pid for mark in scene.marks("began", job)] for job in jobs}

    # A job may have been running at three of the kills, which uses up its attempts.
    assert set(became) <= {"done", "lost"}
    assert [job for job, pids in began.items() if not set(pids[:-1]) <= set(killed)] == []
    assert sum(len(pids) > 1 for pids in began.values()) > 0


async def accounted_in_full(scene: Scene, jobs: int) -> dict[str, int]:
    """Wait until so many *jobs* have ended, however."""

    async def over() -> dict[str, int] | None:
        counts = await scene.accounted()
        assert sum(counts.values()) == jobs, counts
        return counts if set(counts) <= {"done", "failed", "lost", "cancelled"} else None

    return await until_true(over, within=2 * PATIENCE, what="every job has ended")


async def test_a_worker_that_dies_between_the_claim_and_the_handler_costs_one_attempt(scene: Scene, ask: Ask) -> None:
    workers = await scene.start(2)
    scene.gate.open()

    job = await ask.enqueue(Step(act="die on arrival", gate=str(scene.gate)))

    assert await scene.ended(job) == [(job, 2)]
    assert [mark.attempt for mark in scene.marks("began", job)] == [2]
    assert await ask.story(job) == [("lost", 1, "WorkerLost")]
    assert sorted([worker.dead for worker in workers]) == [False, True]


async def test_an_effect_that_was_committed_before_its_worker_died_is_found_by_the_next_attempt(
    scene: Scene, ask: Ask, pool: Pool
) -> None:
    await scene.start(2)

    job = await ask.enqueue(Step(act="effect and die"))

    assert await scene.ended(job) == [(job, 2)]
    effects = await pool.fetchval("select array_agg(what order by what) from effect where job = $1", job)
    assert effects == ["once", "token 1", "token 3"]


async def test_an_effect_committed_with_the_end_of_its_job_happens_once_though_its_worker_died(
    scene: Scene, ask: Ask, pool: Pool
) -> None:
    workers = await scene.start(2)

    job = await ask.enqueue(Step(act="effect and finish and die"))
    dead = await died(workers)

    assert dead.text().count("job.ended") == 0
    assert await scene.ended(job) == [(job, 1)]
    assert len(scene.marks("began", job)) == 1
    assert await pool.fetchval("select array_agg(what order by what) from effect") == ["once", "token 1"]


async def died(workers: list[WorkerProcess]) -> WorkerProcess:
    """Wait until one of *workers* has died by itself."""

    async def dead() -> WorkerProcess | None:
        return next((worker for worker in workers if worker.dead), None)

    worker = await until_true(dead, within=PATIENCE, what="a worker has died")
    assert await worker.exit_code() == -signal.SIGKILL
    return worker


@pytest.mark.faults
async def test_fifty_ends_that_a_worker_could_not_write_before_it_died_are_fifty_repeated_jobs(
    scene: Scene, ask: Ask
) -> None:
    (first,) = await scene.start(slots={"steps": 50})
    jobs = [await ask.enqueue(Step(gate=str(scene.gate))) for _ in range(50)]
    await scene.marked("began", times=50)

    await first.half_open(also_new=True)
    scene.gate.open()
    await scene.marked("ended", times=50)
    assert await scene.accounted() == {"running": 50}
    await first.kill()
    await scene.start(slots={"steps": 50})

    assert await scene.ended(*jobs) == [(job, 2) for job in jobs]
    assert [len(scene.marks("began", job)) for job in jobs] == [2] * 50


@pytest.mark.faults
async def test_a_job_that_kills_its_worker_is_begun_as_often_as_it_may_be_and_others_are_done(
    scene: Scene, ask: Ask
) -> None:
    await scene.start(slots={"others": 1})
    poison = await ask.enqueue(Step(act="die", gate=str(scene.gate)))
    others = [await ask.enqueue(Other()) for _ in range(5)]

    for attempt in (1, 2, 3):
        (worker,) = await scene.start(slots={"steps": 1})
        await scene.marked("began", poison, times=attempt)
        scene.gate.open()
        assert await worker.exit_code() == -signal.SIGKILL
        scene.gate.close()
    await scene.start(slots={"steps": 1})

    await scene.ended(poison, outcome="lost")
    await scene.ended(*others)
    assert [mark.attempt for mark in scene.marks("began", poison)] == [1, 2, 3]
    assert len({mark.pid for mark in scene.marks("began", poison)}) == 3
    assert await ask.story(poison) == [("lost", attempt, "WorkerLost") for attempt in (1, 2, 3)]


@pytest.mark.faults
async def test_jobs_beside_one_that_kills_its_worker_are_done_all_the_same(scene: Scene, ask: Ask) -> None:
    gate = str(scene.gate)
    poison = await ask.enqueue(Step(act="die", gate=gate))
    innocent = [await ask.enqueue(Step(act="stay", seconds=0.5)) for _ in range(4)]

    begun = 0
    while len(scene.marks("began", poison)) < 3:
        (worker,) = await scene.start()
        begun = len(await scene.marked("began", poison, times=begun + 1))
        scene.gate.open()
        assert await worker.exit_code() == -signal.SIGKILL
        scene.gate.close()
    await scene.start()

    await scene.ended(poison, outcome="lost")
    await scene.ended(*innocent)
    assert [mark.attempt for mark in scene.marks("began", poison)] == [1, 2, 3]


@pytest.mark.faults
async def test_a_worker_frozen_for_less_than_its_lease_keeps_its_job(
    scene: Scene, ask: Ask, until: Until, pool: Pool
) -> None:
    lease = timedelta(seconds=6)
    a, b = await scene.start(2, lease=lease)
    job = await ask.enqueue(Step(gate=str(scene.gate)))
    worker = await scene.runner(job)
    frozen = await worker.id()

    async def unrenewed() -> bool:
        left: timedelta = await pool.fetchval("select lease_until - now() from fleet.worker where id = $1", frozen)
        assert left > timedelta(0)
        return left < lease / 2

    await worker.freeze()
    await until(unrenewed, within=lease, what="half of the lease has passed")
    await worker.thaw()
    scene.gate.open()
    done = await until(job, "done", by=worker)

    assert (done.attempt, len(scene.marks("began", job))) == (1, 1)
    assert worker in {a, b}
    assert await worker.id() == frozen


@pytest.mark.faults
async def test_a_worker_that_wakes_up_after_its_lease_writes_nothing_about_the_job_it_had(
    scene: Scene, ask: Ask, until: Until
) -> None:
    await scene.start(2)
    job = await ask.enqueue(Step(gate=str(scene.gate)))
    worker = await scene.runner(job)

    await worker.freeze()
    taken = await scene.marked("began", job, times=2)
    # Whichever of the two runs on, both handlers may end at once.
    await worker.thaw()
    scene.gate.open()
    done = await until(job, "done", within=PATIENCE)
    await scene.says(worker, "worker.lease_lost")

    assert [mark.attempt for mark in taken] == [1, 2]
    assert done.replica != worker.name
    assert done.result == f'{{"token": {taken[1].token}}}'


@pytest.mark.faults
async def test_a_worker_without_free_descriptors_fails_jobs_and_works_on(scene: Scene, ask: Ask) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)
    await scene.ended(*[await ask.enqueue(Step()) for _ in range(30)])
    descriptors = Path(f"/proc/{worker.pid}/fd")
    before = len(list(descriptors.iterdir()))
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (before + 70, before + 70))

    jobs = [await ask.enqueue(Step(act="open files", gate=str(scene.gate))) for _ in range(10)]
    await scene.says(worker, "Too many open files")
    scene.gate.open()
    became = await accounted_in_full(scene, 40)
    done = await scene.ended(await ask.enqueue(Step()))

    assert set(became) <= {"done", "failed"}
    assert len(scene.marks("began")) > len(jobs)
    assert [attempt for _, attempt in done] == [1]
    assert abs(len(list(descriptors.iterdir())) - before) <= 8
    assert worker.text().count("worker.started") == 1
