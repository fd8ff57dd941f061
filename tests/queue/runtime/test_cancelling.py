"""What a worker does with a job that somebody asked to cancel while it runs it."""

from datetime import timedelta

import anyio

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.drain import Drain
from fleet.testing.until import until
from tests.queue.asleep import asleep
from tests.queue.kinds import Greet, Greeting
from tests.queue.runtime.conftest import Ask, Working

SOON = timedelta(milliseconds=50)
NEVER = timedelta(hours=1)

CANCEL = "select now from fleet.cancel(array[$1::bigint], reason => 'wrong name')"


async def sleep(_job: Greet, _: Context) -> None:
    await anyio.sleep_forever()


async def test_a_running_job_is_stopped_and_ends_as_cancelled(working: Working, ask: Ask, pool: Pool) -> None:
    stopped: list[int] = []

    async def greet(_job: Greet, context: Context) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            stopped.append(context.attempt)

    async with working(greet, reconcile_pause=SOON):
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        assert await pool.fetchval(CANCEL, job) == "cancelling"
        ended = await ask.finished(job)

    assert stopped == [1]
    assert (ended["outcome"], ended["error_class"], ended["error_message"]) == ("cancelled", None, "wrong name")
    assert await ask.story(job) == [("cancelled", 1, None)]


async def test_a_notification_stops_it_long_before_the_worker_would_look(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async with working(sleep, reconcile_pause=NEVER):
        await until(lambda: asleep(pool))
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        await pool.execute(CANCEL, job)
        ended = await ask.finished(job)

    assert ended["outcome"] == "cancelled"


async def test_it_is_stopped_even_if_every_notification_is_lost(working: Working, ask: Ask, pool: Pool) -> None:
    async with working(sleep, reconcile_pause=SOON):
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        # What fleet.cancel does, without the notification.
        await pool.execute("update fleet.job set cancel_requested_at = now() where id = $1", job)
        ended = await ask.finished(job)

    assert ended["outcome"] == "cancelled"


async def test_a_cancel_leaves_the_neighbours_alone_and_frees_the_slot(working: Working, ask: Ask, pool: Pool) -> None:
    may_end = anyio.Event()

    async def greet(job: Greet, _: Context) -> None:
        if job.name == "wrong":
            await anyio.sleep_forever()
        await may_end.wait()

    async with working(greet, reconcile_pause=SOON, slots={"greetings": 2}):
        neighbour, wrong = await ask.enqueue(Greet()), await ask.enqueue(Greet(name="wrong"))
        await ask.in_state(neighbour, "running")
        await ask.in_state(wrong, "running")
        await pool.execute(CANCEL, wrong)
        await ask.finished(wrong)
        following = await ask.enqueue(Greet())
        await ask.in_state(following, "running")
        may_end.set()
        ends = [await ask.finished(job) for job in (neighbour, following)]

    assert [(end["outcome"], end["attempt"]) for end in ends] == [("done", 1), ("done", 1)]


async def test_a_handler_that_raises_while_it_is_stopped_is_cancelled_all_the_same(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise OSError("cannot clean up")

    async with working(greet, reconcile_pause=SOON):
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        await pool.execute(CANCEL, job)
        ended = await ask.finished(job)

    assert ended["outcome"] == "cancelled"


async def test_a_handler_that_finishes_in_its_own_transaction_first_is_done(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(_job: Greet, context: Context) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                async with pool.transaction() as connection:
                    await context.finish(connection, Greeting(text="done all the same"))

    async with working(greet, reconcile_pause=SOON):
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        await pool.execute(CANCEL, job)
        ended = await ask.finished(job)

    assert ended["outcome"] == "done"
    assert await ask.live(job) is None
    assert await pool.fetchval("select count(*) from fleet.job_history where id = $1", job) == 1


async def test_a_cancel_is_heard_during_the_drain(working: Working, ask: Ask, pool: Pool) -> None:
    patient = Drain(grace=timedelta(minutes=1), cancel=timedelta(seconds=2))

    async with working(sleep, reconcile_pause=SOON, drain=patient) as worker:
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        worker.stop.request()
        await pool.execute(CANCEL, job)
        assert await worker.ended() == 0

    assert (await ask.finished(job))["outcome"] == "cancelled"


async def test_cancels_that_follow_closely_hand_back_no_claim_that_is_still_on_its_way(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async with working(sleep, reconcile_pause=NEVER):
        await until(lambda: asleep(pool))
        worker = await pool.fetchval("select id from fleet.worker")
        async with pool.transaction() as connection:
            # A claim by this worker whose answer has not reached it.
            unheard = await connection.fetchval("select id from fleet.enqueue('greet')")
            await connection.execute(
                "select from fleet.claim($1, array['greet'], array['greetings'], array[10])", worker
            )
        for _ in range(3):
            job = await ask.enqueue(Greet())
            await ask.in_state(job, "running")
            await pool.execute(CANCEL, job)
            await ask.finished(job)
        live = await ask.live(unheard)

    assert live is not None
    assert (live["state"], live["token"]) == ("running", 1)
