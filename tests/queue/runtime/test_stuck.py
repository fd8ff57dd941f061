"""Handlers that overstay their time limit and ignore that they are cancelled."""

from datetime import timedelta

import anyio
import pytest

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.drain import Drain
from fleet.queue.plan import EXIT_STUCK
from fleet.testing.until import until
from fleet.testing.working import Abandoned
from tests.queue.kinds import Greet, Hasty
from tests.queue.runtime.conftest import Ask, Working

SOON = timedelta(milliseconds=100)
HASTY = Drain(grace=timedelta(0), cancel=SOON)


async def stay(may_end: anyio.Event) -> None:
    """Wait, whoever cancels."""
    with anyio.CancelScope(shield=True):
        await may_end.wait()


async def test_a_job_whose_handler_ignores_its_time_limit_fails_and_nothing_more_is_written(
    working: Working, ask: Ask, pool: Pool
) -> None:
    may_end, out = anyio.Event(), anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        await stay(may_end)
        out.set()

    async with working(greet, kind=Hasty, reconcile_pause=SOON, stuck_after=SOON) as worker:
        job = await ask.enqueue(Hasty())
        ended = await ask.finished(job)
        inside = not out.is_set()
        may_end.set()
        await out.wait()
        worker.stop.request()
        code = await worker.ended()

    assert inside
    assert (ended["outcome"], ended["error_class"]) == ("failed", "TimeLimitExceeded")
    assert "ignores its cancellation" in ended["error_message"]
    assert await ask.story(job) == [("failed", 1, "TimeLimitExceeded")]
    assert await pool.fetchval("select count(*) from fleet.job_history") == 1
    assert code == 0


async def test_its_slot_stays_taken_while_the_others_work_on(working: Working, ask: Ask) -> None:
    may_end = anyio.Event()
    inside: list[str] = []

    async def greet(job: Greet, _: Context) -> None:
        inside.append(job.name)
        if job.name == "stuck":
            await stay(may_end)

    async with working(greet, kind=Hasty, reconcile_pause=SOON, stuck_after=SOON, slots={"greetings": 3}) as worker:
        await ask.finished(await ask.enqueue(Hasty(name="stuck")))
        for number in range(5):
            assert (await ask.finished(await ask.enqueue(Hasty(name=f"{number}"))))["outcome"] == "done"
        assert worker.code is None
        may_end.set()

    assert len(inside) == 6


async def test_a_worker_half_of_whose_slots_are_stuck_ends_to_be_started_anew(
    working: Working, ask: Ask, pool: Pool
) -> None:
    may_end = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        await stay(may_end)

    async def retired() -> bool:
        return bool(await pool.fetchval("select count(*) = 0 from fleet.worker"))

    with pytest.raises(BaseExceptionGroup) as ended:  # noqa: PT012  # one worker's life
        async with working(
            greet, kind=Hasty, reconcile_pause=SOON, stuck_after=SOON, slots={"greetings": 2}, drain=HASTY
        ):
            await ask.finished(await ask.enqueue(Hasty()))
            await until(retired)
            # A process would be gone by now; a test has to let its handler out.
            may_end.set()

    assert ended.group_contains(Abandoned, match="70", depth=None)


async def test_a_clogged_worker_whose_handlers_stop_after_all_says_that_it_was(working: Working, ask: Ask) -> None:
    may_end = anyio.Event()

    async def greet(_job: Greet, context: Context) -> None:
        with anyio.CancelScope(shield=True):
            while not (context.stopping or may_end.is_set()):
                await anyio.lowlevel.checkpoint()

    async with working(greet, kind=Hasty, reconcile_pause=SOON, stuck_after=SOON, slots={"greetings": 1}) as worker:
        await ask.finished(await ask.enqueue(Hasty()))
        assert await worker.ended() == EXIT_STUCK
