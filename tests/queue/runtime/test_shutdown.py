"""The phases between a stop and the exit."""

from datetime import timedelta
from typing import NoReturn

import anyio
import pytest

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.drain import Drain
from fleet.testing.until import until
from tests.queue.kinds import Greet
from tests.queue.runtime.conftest import Abandoned, Ask, Working

NO_GRACE = Drain(grace=timedelta(0), cancel=timedelta(seconds=2))


async def test_an_idle_worker_stops_at_once_and_leaves_no_lease_behind(working: Working, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async def workers() -> int:
        return int(await pool.fetchval("select count(*) from fleet.worker"))

    async with working(greet) as worker:
        await until(workers)
        worker.stop.request()
        code = await worker.ended()

    assert code == 0
    assert await workers() == 0


async def test_a_job_that_ends_within_the_grace_is_done(working: Working, ask: Ask) -> None:
    may_end, saw_stopping = anyio.Event(), []

    async def greet(_job: Greet, context: Context) -> None:
        await may_end.wait()
        saw_stopping.append(context.stopping)

    async with working(greet) as worker:
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        worker.stop.request()
        may_end.set()
        code = await worker.ended()

    assert code == 0
    assert (await ask.finished(job))["outcome"] == "done"
    assert saw_stopping == [True]


async def test_a_job_that_outlives_the_grace_goes_back_with_its_attempt_refunded(working: Working, ask: Ask) -> None:
    unwound = []

    async def greet(_job: Greet, _: Context) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            unwound.append(True)

    async with working(greet, drain=NO_GRACE) as worker:
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        worker.stop.request()
        code = await worker.ended()

    back = await ask.live(job)
    assert (code, unwound) == (0, [True])
    assert back is not None
    assert (back["state"], back["attempt"], back["interruptions"]) == ("ready", 0, 1)
    assert await ask.story(job) == [("interrupted", 1, None)]


async def test_a_second_stop_ends_the_grace(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        await anyio.sleep_forever()

    async with working(greet, drain=Drain(grace=timedelta(hours=1), cancel=timedelta(seconds=2))) as worker:
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        worker.stop.request()
        worker.stop.request()
        code = await worker.ended()

    assert code == 0
    assert await ask.in_state(job, "ready")


async def test_a_released_job_is_picked_up_by_another_worker(working: Working, ask: Ask) -> None:
    async def stay(_job: Greet, _: Context) -> None:
        await anyio.sleep_forever()

    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(stay, drain=NO_GRACE) as first:
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        async with working(greet):
            first.stop.request()
            ended = await ask.finished(job)

    assert (ended["outcome"], ended["attempt"]) == ("done", 1)


async def test_a_job_that_somebody_holds_keeps_no_other_from_being_handed_back(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        await anyio.sleep_forever()

    async with working(greet, drain=NO_GRACE) as worker:
        held, other = [await ask.enqueue(Greet()) for _ in range(2)]
        await ask.in_state(held, "running")
        await ask.in_state(other, "running")
        async with pool.transaction() as holding:
            await holding.execute("select from fleet.job where id = $1 for update", held)
            worker.stop.request()
            assert await worker.ended() == 0
            states = await pool.fetch(
                "select state::text as state from fleet.job where id = any($1) order by id", [held, other]
            )

    assert [row["state"] for row in states] == ["running", "ready"]


async def test_a_handler_that_ignores_its_cancellation_loses_its_job_and_ends_the_process(
    working: Working, ask: Ask
) -> None:
    test_is_over = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        with anyio.CancelScope(shield=True):
            await test_is_over.wait()

    drain = Drain(grace=timedelta(0), cancel=timedelta(milliseconds=100))
    with pytest.raises(BaseExceptionGroup) as ended:  # noqa: PT012  # one worker's life
        async with working(greet, drain=drain) as worker:
            job = await ask.enqueue(Greet())
            await ask.in_state(job, "running")
            worker.stop.request()
            await ask.in_state(job, "ready")
            test_is_over.set()

    assert ended.group_contains(Abandoned, match="70", depth=None)


async def test_a_lease_that_is_lost_while_such_a_handler_is_waited_for_ends_the_process_too(
    working: Working, ask: Ask, pool: Pool
) -> None:
    process_has_ended = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        with anyio.move_on_after(10, shield=True):
            await process_has_ended.wait()

    def leave(code: int) -> NoReturn:
        process_has_ended.set()
        raise Abandoned(code)

    drain = Drain(grace=timedelta(0), cancel=timedelta(seconds=2), release_first=True)
    with pytest.raises(BaseExceptionGroup) as ended:  # noqa: PT012  # one worker's life
        async with working(greet, drain=drain, lease=timedelta(seconds=1), leave=leave) as worker:
            job = await ask.enqueue(Greet())
            await ask.in_state(job, "running")
            worker.stop.request()
            await ask.in_state(job, "ready")
            await pool.execute("update fleet.worker set lease_until = now() - interval '1 s'")

    assert ended.group_contains(Abandoned, match="70", depth=None)


async def test_with_next_to_no_budget_jobs_are_handed_back_before_they_are_cancelled(
    working: Working, ask: Ask, pool: Pool
) -> None:
    states = []

    async def greet(_job: Greet, context: Context) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                states.append(await pool.fetchval("select state::text from fleet.job where id = $1", context.id))

    async with working(greet, drain=Drain.within(timedelta(seconds=4))) as worker:
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        worker.stop.request()
        await worker.ended()

    assert states == ["ready"]


@pytest.mark.parametrize("seconds", [0, 0.5, 4, 5, 10, 30, 60, 600])
def test_the_phases_of_a_drain_fit_in_its_budget(seconds: float) -> None:
    drain = Drain.within(timedelta(seconds=seconds))

    assert drain.grace >= timedelta(0)
    assert drain.grace + drain.cancel <= timedelta(seconds=seconds)
