"""Handlers that end their process, or hold everything up."""

from datetime import timedelta

import pytest

from fleet.queue.plan import EXIT_STUCK
from fleet.testing.ask import Ask
from tests.faults.conftest import LEASE, Scene
from tests.faults.steps import Brief, Other, Step

LONG_LEASE = timedelta(seconds=15)


async def test_a_handler_that_asks_the_process_to_exit_fails_alone(scene: Scene, ask: Ask) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)
    neighbour = await ask.enqueue(Other(gate=str(scene.gate)))
    await scene.marked("began", neighbour)

    job = await ask.enqueue(Step(act="exit"))
    await scene.ended(job, outcome="failed")
    scene.gate.open()

    assert await scene.ended(neighbour) == [(neighbour, 1)]
    assert await ask.story(job) == [("failed", attempt, "SystemExit") for attempt in (1, 2, 3)]
    assert not worker.dead


async def test_a_handler_that_ends_its_process_costs_it_one_attempt(scene: Scene, ask: Ask) -> None:
    await scene.start(2)

    job = await ask.enqueue(Step(act="leave at once"))
    worker = await scene.runner(job)
    code = await worker.exit_code()

    assert code == 0
    assert "worker.stopped" not in worker.text()
    assert await scene.ended(job) == [(job, 2)]
    assert await ask.story(job) == [("lost", 1, "WorkerLost")]


@pytest.mark.faults
async def test_a_handler_that_blocks_its_process_for_three_leases_is_begun_once(scene: Scene, ask: Ask) -> None:
    a, b = await scene.start(2)
    job = await ask.enqueue(Step(act="block", seconds=3 * LEASE.total_seconds()))
    neighbours = [await ask.enqueue(Other()) for _ in range(10)]

    assert await scene.ended(job, *neighbours) == [(one, 1) for one in (job, *neighbours)]
    (began,), (ended,) = scene.marks("began", job), scene.marks("ended", job)
    assert ended.at - began.at >= 3 * LEASE.total_seconds()
    assert [worker.text().count("worker.started") for worker in (a, b)] == [1, 1]


@pytest.mark.faults
async def test_a_handler_that_ignores_its_limit_fails_and_its_worker_goes_on(scene: Scene, ask: Ask) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)

    job = await ask.enqueue(Brief(act="ignore", seconds=60))
    await scene.ended(job, outcome="failed", within=timedelta(seconds=50))
    after = await ask.enqueue(Other())

    assert await scene.ended(after) == [(after, 1)]
    assert scene.marks("ended", job) == []
    assert not worker.dead


@pytest.mark.parametrize(
    ("act", "left"), [("leave a task", "forgotten"), ("leave a thread", "forgotten"), ("leave work", "_0")]
)
async def test_what_a_handler_left_keeps_no_worker_from_ending_and_is_named(
    scene: Scene, ask: Ask, act: str, left: str
) -> None:
    (worker,) = await scene.start()

    job = await ask.enqueue(Step(act=act, seconds=60))
    ended = await scene.ended(job)
    code = await worker.terminate(within=timedelta(seconds=10))

    assert ended == [(job, 1)]
    assert code == EXIT_STUCK
    (line,) = [line for line in worker.text().splitlines() if "process.held_up" in line]
    assert left in line
