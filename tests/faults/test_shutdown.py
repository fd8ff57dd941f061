"""Worker processes that are asked to stop, at every bad moment."""

import os
import resource
import signal
import subprocess
import sys
from datetime import timedelta
from time import monotonic

import anyio
import pytest

from fleet.db import Pool
from fleet.testing.ask import Ask
from fleet.testing.database import Database
from fleet.testing.until import until as until_true
from tests.faults.conftest import PATIENCE, Scene
from tests.faults.steps import Step
from tests.processes.conftest import environment

LONG_LEASE = timedelta(seconds=60)


async def test_an_idle_worker_ends_at_once(scene: Scene) -> None:
    (worker,) = await scene.start()

    asked_at = monotonic()
    code = await worker.terminate()

    assert code == 0
    assert monotonic() - asked_at < 2


@pytest.mark.faults
async def test_a_job_that_outlives_the_drain_runs_elsewhere_at_once_and_has_lost_no_attempt(
    scene: Scene, ask: Ask
) -> None:
    await scene.start(2, lease=LONG_LEASE, drain=timedelta(seconds=6))
    job = await ask.enqueue(Step(act="stay", seconds=8))
    worker = await scene.runner(job)

    asked_at = monotonic()
    code = await worker.terminate()
    ended_at = monotonic()
    cancelled = await scene.marked("cancelled", job)
    began = await scene.marked("began", job, times=2)

    assert code == 0
    assert ended_at - asked_at < 6
    assert began[1].at - cancelled[0].at < 2
    assert await scene.ended(job) == [(job, 1)]


async def test_a_worker_with_no_time_to_stop_has_handed_its_job_over_before_it_is_killed(
    scene: Scene, ask: Ask
) -> None:
    await scene.start(2, lease=LONG_LEASE, drain=timedelta(seconds=2))
    job = await ask.enqueue(Step(act="ignore", seconds=20))
    worker = await scene.runner(job)

    os.kill(worker.pid, signal.SIGTERM)
    await scene.says(worker, "drain.released")
    await worker.kill()
    killed_at = monotonic()
    began = await scene.marked("began", job, times=2)

    assert began[1].at - killed_at < 2
    assert [mark.attempt for mark in began] == [1, 1]


@pytest.mark.faults
async def test_a_worker_killed_in_the_moment_of_being_asked_leaves_its_job_to_another(scene: Scene, ask: Ask) -> None:
    await scene.start(2)
    job = await ask.enqueue(Step(act="stay once"))
    worker = await scene.runner(job)

    await worker.freeze()
    os.kill(worker.pid, signal.SIGTERM)
    await worker.kill()

    ((_, attempt),) = await scene.ended(job)
    assert attempt == 2
    assert "drain" not in worker.text()


async def test_twenty_requests_to_stop_are_one_hurried_stop(scene: Scene, ask: Ask) -> None:
    (worker,) = await scene.start(drain=timedelta(seconds=60))
    job = await ask.enqueue(Step(act="stay", seconds=40))
    await scene.marked("began", job)

    asked_at = monotonic()
    for _ in range(10):
        os.kill(worker.pid, signal.SIGTERM)
        os.kill(worker.pid, signal.SIGINT)
    code = await worker.exit_code()

    assert code == 0
    assert monotonic() - asked_at < 5
    assert "Traceback" not in worker.text()
    assert await scene.accounted() == {"ready": 1}


@pytest.mark.faults
async def test_what_is_claimed_while_the_worker_is_asked_to_stop_is_handed_back(
    scene: Scene, ask: Ask, pool: Pool
) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE, drain=timedelta(seconds=4))
    await worker.slow_db(timedelta(seconds=0.3))

    jobs = [await ask.enqueue(Step(act="stay", seconds=30)) for _ in range(5)]
    # Claimed at the server, and the answer on its way.
    await until_true(
        lambda: pool.fetchval("select count(*) from fleet.job where state = 'running'"),
        within=PATIENCE,
        what="jobs are claimed",
    )
    began = len(scene.marks("began"))
    code = await worker.terminate()

    assert began == 0
    assert code == 0
    assert await pool.fetchval("select count(*) from fleet.job where state = 'running'") == 0
    assert await pool.fetchval("select count(*) from fleet.job where state = 'ready' and attempt = 0") == len(jobs)


async def test_two_hundred_jobs_that_end_as_their_worker_stops_are_all_written(scene: Scene, ask: Ask) -> None:
    (worker,) = await scene.start(slots={"steps": 200})
    jobs = [await ask.enqueue(Step(gate=str(scene.gate))) for _ in range(200)]
    await scene.marked("began", times=200)

    scene.gate.open()
    code = await worker.terminate()

    assert code == 0
    assert await scene.accounted() == {"done": len(jobs)}
    assert len(scene.marks("began")) == len(jobs)


@pytest.mark.faults
async def test_workers_that_are_replaced_one_by_one_lose_and_repeat_nothing(scene: Scene, ask: Ask) -> None:
    few = {"steps": 4}
    jobs: list[int] = []
    for old in await scene.start(3, slots=few):
        jobs += [await ask.enqueue(Step(act="stay", seconds=0.1)) for _ in range(100)]
        await scene.marked("began", times=len(jobs) - 50)
        await scene.start(slots=few)
        assert await old.terminate() == 0
    jobs += [await ask.enqueue(Step(act="stay", seconds=0.1)) for _ in range(100)]

    assert await scene.ended(*jobs) == [(job, 1) for job in jobs]
    assert len(scene.marks("began")) == len(jobs)
    assert len({mark.pid for mark in scene.marks("ended")}) == 6


async def test_a_worker_whose_log_has_no_room_left_works_on(scene: Scene, ask: Ask) -> None:
    (worker,) = await scene.start()
    full = len(worker.text().encode())
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (full, full))

    job = await ask.enqueue(Step())
    ended = await scene.ended(job)
    await worker.terminate()

    assert ended == [(job, 1)]
    assert len(worker.text().encode()) == full


@pytest.mark.faults
async def test_a_process_whose_output_nobody_reads_any_more_works_on_and_stops_when_asked(
    database: Database, pool: Pool
) -> None:
    process = await anyio.open_process(
        [sys.executable, "-m", "entrypoints.spec_generator"],
        env=environment(DATABASE_URL=database.url.reveal(), LEASE_SECONDS="2"),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    async with process:
        lease = await until_true(lambda: pool.fetchval("select lease_until from fleet.worker"), within=PATIENCE)
        assert process.stdout is not None
        await process.stdout.aclose()
        # What it does next it tells nobody: its listener is gone.
        await pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'fleet-listen-%'"
        )
        renewed = "select lease_until > $1::timestamptz + interval '4 s' from fleet.worker"
        await until_true(lambda: pool.fetchval(renewed, lease), within=PATIENCE, what="its lease goes on")
        process.terminate()
        code = await process.wait()

    assert code == 0
