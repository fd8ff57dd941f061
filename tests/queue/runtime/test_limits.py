"""A worker under the limits of its fleet: it takes no more than it may, and the rest as soon as it may."""

from collections import Counter
from datetime import timedelta
from typing import ClassVar

import anyio
import pytest

from fleet.db import Connection
from fleet.queue.context import Context
from fleet.queue.enqueue import declare
from tests.queue.kinds import Greet
from tests.queue.runtime.conftest import Ask, Working

# Far below the 30 seconds after which a worker that was not woken looks again.
SOON = timedelta(seconds=10)


class Fair(Greet, frozen=True, kw_only=True):
    kind: ClassVar[str] = "fair_greet"
    fair_by: ClassVar[str | None] = "name"


class Crowd:
    """A handler that notes how many jobs of one name, and how many altogether, run at once."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()
        self.most = 0
        self.most_of_a_name = 0
        self.begun: list[float] = []

    async def greet(self, job: Greet, _: Context) -> None:
        self.begun.append(anyio.current_time())
        self._inside[job.name] += 1
        self.most = max(self.most, self._inside.total())
        self.most_of_a_name = max(self.most_of_a_name, self._inside[job.name])
        for _turn in range(10):
            await anyio.lowlevel.checkpoint()
        self._inside[job.name] -= 1


@pytest.fixture
def crowd() -> Crowd:
    return Crowd()


async def test_the_next_job_of_a_full_queue_begins_when_one_ends(
    working: Working, ask: Ask, conn: Connection, crowd: Crowd
) -> None:
    await conn.execute("select fleet.limit_queue('greetings', 2)")
    jobs = [await ask.enqueue(Greet()) for _ in range(8)]

    async with working(crowd.greet):
        ended = [await ask.finished(job, within=SOON) for job in jobs]

    assert {job["outcome"] for job in ended} == {"done"}
    assert crowd.most == 2


async def test_the_next_job_of_a_key_begins_when_one_ends(
    working: Working, ask: Ask, conn: Connection, crowd: Crowd
) -> None:
    await declare(conn, [Fair])
    await conn.execute("select fleet.limit_keys('greetings', 1)")
    jobs = [await ask.enqueue(Fair(name=name)) for name in ("psf", "pallets") for _ in range(4)]

    async with working(crowd.greet, kind=Fair):
        ended = [await ask.finished(job, within=SOON) for job in jobs]

    assert {job["outcome"] for job in ended} == {"done"}
    assert crowd.most_of_a_name == 1


async def test_a_worker_wakes_when_the_rate_lets_the_next_job_begin(
    working: Working, ask: Ask, conn: Connection, crowd: Crowd
) -> None:
    await conn.execute("select fleet.limit_rate('greetings', 5, burst => 1)")
    jobs = [await ask.enqueue(Greet()) for _ in range(4)]

    async with working(crowd.greet):
        for job in jobs:
            await ask.finished(job, within=SOON)

    # Three waits of a fifth of a second, less what the clocks of the loop and the server may differ by.
    assert crowd.begun[-1] - crowd.begun[0] > 0.55


async def test_a_limit_that_is_raised_wakes_a_worker(
    working: Working, ask: Ask, conn: Connection, crowd: Crowd
) -> None:
    await conn.execute("select fleet.limit_queue('greetings', 0)")
    job = await ask.enqueue(Greet())

    async with working(crowd.greet):
        await anyio.wait_all_tasks_blocked()
        await conn.execute("select fleet.limit_queue('greetings', 1)")
        ended = await ask.finished(job, within=SOON)

    assert ended["outcome"] == "done"
