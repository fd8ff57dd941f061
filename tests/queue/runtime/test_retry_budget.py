"""What a worker tells the retry budget of a kind, and what becomes of its jobs."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ClassVar

import pytest

from fleet.db import Connection, Pool
from fleet.errors import Retry
from fleet.queue.context import Context
from fleet.queue.enqueue import declare
from fleet.queue.job import Policy
from fleet.queue.retry import RetryBudget
from fleet.testing.until import until
from tests.queue.kinds import SOON, Greet, Greeting
from tests.queue.runtime.conftest import Ask, Working

HOUR = timedelta(hours=1)


class Frugal(Greet, frozen=True, kw_only=True):
    """A minute pays for one retry, two successes for another."""

    kind: ClassVar[str] = "frugal"
    policy: ClassVar[Policy] = Policy(backoff=SOON, retry_budget=RetryBudget(share=0.5, per_minute=1))


@pytest.fixture(autouse=True)
async def _declared(conn: Connection) -> None:
    await declare(conn, [Frugal])


@pytest.fixture
def greet(pool: Pool) -> Callable[[Greet, Context], Awaitable[Greeting | None]]:
    async def greet(job: Greet, context: Context) -> Greeting | None:
        if job.name == "bad":
            raise ValueError("no voice")
        if job.name == "patient":
            raise Retry("later, says the host", after=HOUR)
        if job.name == "own":
            async with pool.transaction() as connection:
                await context.finish(connection, Greeting("hello"))
        return None

    return greet


async def test_a_worker_hands_its_successes_over_with_its_next_failure_and_once(
    working: Working, ask: Ask, pool: Pool, greet: Callable[[Greet, Context], Awaitable[Greeting | None]]
) -> None:
    balances: list[float] = []

    async with working(greet, kind=Frugal):
        for name in ("good", "own", "good", "own"):
            await ask.finished(await ask.enqueue(Frugal(name=name)))
        for _ in range(2):
            await ask.in_state(await ask.enqueue(Frugal(name="patient")), "scheduled")
            balances.append(await pool.fetchval("select balance from fleet.retry_budget"))

    # What is left of the first 1 + 4 / 2 - 1 is cut to what a minute pays for.
    assert balances == [2, 0]


async def test_a_retry_that_is_not_paid_for_waits(
    working: Working, ask: Ask, pool: Pool, greet: Callable[[Greet, Context], Awaitable[Greeting | None]]
) -> None:
    async with working(greet, kind=Frugal):
        job = await ask.enqueue(Frugal(name="bad"))

        async def second_failure() -> bool:
            return [attempt for _, attempt, _ in await ask.story(job)] == [1, 2]

        await until(second_failure)
        until_due = await pool.fetchval("select run_at - now() from fleet.job where id = $1", job)
        why = await pool.fetchval("select string_agg(reason, '; ') from fleet.why($1) as reason", job)

    assert timedelta(seconds=50) < until_due < timedelta(seconds=60)
    assert "its retry was put off" in why
