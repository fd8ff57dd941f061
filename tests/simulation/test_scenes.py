"""Single scenes of the simulated world, with exact times."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

from tests.simulation.jobs import Work
from tests.simulation.simulate import logs_of
from tests.simulation.weather import CHAOS, SETTLING
from tests.simulation.world import World

# One whose notifications arrive once the trouble is over.
CALM = 4
PEACE = CHAOS + SETTLING


def play(scene: Callable[[World], Coroutine[Any, Any, None]]) -> World:
    world = World(CALM)
    assert not world.wire.loses_wakes
    with logs_of(world):
        world.run(scene(world))
        world.end()
    return world


def events(world: World, what: str, beginning: str, *, since: float = 0.0) -> list[float]:
    return [at for at, _, kind, text in world.trace if kind == what and text.startswith(beginning) and at >= since]


def enqueue(world: World) -> None:
    job, _ = world.database.enqueue(Work.kind)
    world.oracle.enqueued.add(job)
    world.settle()


def test_a_database_that_is_away_at_the_start_is_asked_about_once_a_second_and_then_used() -> None:
    async def scene(world: World) -> None:
        world.take_away(240)
        world.start()
        await asyncio.sleep(240 + PEACE)
        enqueue(world)
        await asyncio.sleep(30)

    world = play(scene)

    asked = events(world, "log", "worker.not_registered")
    assert 120 <= len([at for at in asked if at < 240]) <= 480
    pauses = {round(later - earlier, 2) for earlier, later in pairwise(asked)}
    assert len(pauses) > 20
    assert world.oracle.seen["start"] == 1
    assert world.processes[0].code in {None, 0}


def test_a_worker_gives_a_database_up_when_its_patience_is_over() -> None:
    async def scene(world: World) -> None:
        world.take_away(400)
        world.start()
        await asyncio.sleep(350)

    world = play(scene)

    (left,) = events(world, "world", "exits with 69")
    assert 300 < left < 303


def test_twenty_idle_workers_cost_one_job_about_a_claim_each() -> None:
    async def scene(world: World) -> None:
        for _ in range(20):
            world.start()
        await asyncio.sleep(PEACE + 20)
        enqueue(world)
        await asyncio.sleep(2)

    world = play(scene)

    claims = events(world, "database", "claim", since=PEACE + 20)
    assert 20 <= len(claims) <= 25
    assert world.oracle.seen["start"] == 1
