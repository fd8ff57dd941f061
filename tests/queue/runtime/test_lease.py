"""What happens to the jobs of a worker that lost touch, and to the worker."""

from datetime import timedelta
from uuid import UUID

import anyio

from fleet.db import Pool
from fleet.queue.clock import elapsed
from fleet.queue.context import Context
from fleet.queue.lease import Lease, Trust
from fleet.testing.until import until
from tests.queue.kinds import Greet
from tests.queue.runtime.conftest import Ask, Working


async def test_a_worker_whose_lease_is_gone_stops_its_handlers_and_begins_anew(
    working: Working, ask: Ask, pool: Pool
) -> None:
    entered: list[int] = []
    stopped: list[int] = []

    async def greet(_job: Greet, context: Context) -> None:
        entered.append(context.attempt)
        if context.attempt == 1:
            try:
                await anyio.sleep_forever()
            finally:
                stopped.append(context.attempt)

    async with working(greet, lease=timedelta(seconds=1)) as worker:
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        former = await pool.fetchval("update fleet.worker set lease_until = now() - interval '1 s' returning id")
        ended = await ask.finished(job)
        current = await pool.fetchval("select id from fleet.worker")
        assert worker.code is None

    assert (entered, stopped) == ([1, 2], [1])
    assert (ended["outcome"], ended["attempt"]) == ("done", 2)
    assert current != former
    assert await ask.story(job) == [("lost", 1, "WorkerLost")]


async def test_a_lease_is_renewed_for_as_long_as_its_worker_lives(working: Working, ask: Ask, pool: Pool) -> None:
    may_end = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        await may_end.wait()

    async with working(greet, lease=timedelta(seconds=1)):
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")

        async def renewed_past_its_first_length() -> bool:
            return bool(await pool.fetchval("select lease_until > started_at + interval '3 s' from fleet.worker"))

        await until(renewed_past_its_first_length)
        may_end.set()
        ended = await ask.finished(job)

    assert (ended["outcome"], ended["attempt"]) == ("done", 1)


async def test_a_job_that_was_taken_away_is_cancelled_here_and_finished_elsewhere(
    working: Working, ask: Ask, pool: Pool
) -> None:
    stopped: list[int] = []

    async def greet(_job: Greet, context: Context) -> None:
        if context.token == 1:
            try:
                await anyio.sleep_forever()
            finally:
                stopped.append(context.token)

    async with working(greet, reconcile_pause=timedelta(milliseconds=50)):
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        await pool.execute("select fleet.release(array[$1::bigint], array[1], 'taken away by hand')", job)
        ended = await ask.finished(job)

        async def first_has_stopped() -> bool:
            return bool(stopped)

        await until(first_has_stopped)

    assert ended["outcome"] == "done"


async def test_a_row_deleted_at_a_prompt_only_ends_its_handler(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(job: Greet, _: Context) -> None:
        if job.name == "deleted":
            await anyio.sleep_forever()

    async with working(greet, reconcile_pause=timedelta(milliseconds=50), slots={"greetings": 1}):
        deleted = await ask.enqueue(Greet(name="deleted"))
        await ask.in_state(deleted, "running")
        await pool.execute("delete from fleet.job where id = $1", deleted)
        # The only slot is free again once the handler of the deleted row has been stopped.
        ended = await ask.finished(await ask.enqueue(Greet()))

    assert ended["outcome"] == "done"


async def test_a_claim_whose_answer_was_lost_is_handed_back_and_run(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet, reconcile_pause=timedelta(milliseconds=50)):

        async def registered() -> object:
            return await pool.fetchval("select id from fleet.worker")

        worker = await until(registered)
        async with pool.transaction() as connection:
            # What the worker's own claim would have done, with nobody there to hear the answer.
            job = await connection.fetchval("select id from fleet.enqueue('greet')")
            claimed = await connection.fetch(
                "select id from fleet.claim($1, array['greet'], array['greetings'], array[10])", worker
            )
        ended = await ask.finished(job)

    assert [row["id"] for row in claimed] == [job]
    assert (ended["outcome"], ended["attempt"]) == ("done", 1)
    assert await ask.story(job) == [("interrupted", 1, None)]


async def test_a_worker_that_was_frozen_in_the_middle_of_a_claim_begins_none_of_it(
    working: Working, ask: Ask, pool: Pool
) -> None:
    entered: list[int] = []
    asleep = timedelta(0)

    async def greet(_job: Greet, context: Context) -> None:
        entered.append(context.attempt)

    def clock() -> float:
        return elapsed() + asleep.total_seconds()

    async def claim_waits() -> bool:
        return bool(await pool.fetchval("select exists (select from pg_locks where not granted)"))

    async def other_worker() -> UUID | None:
        found: UUID | None = await pool.fetchval("select id from fleet.worker where id <> $1", former)
        return found

    async with working(greet, lease=timedelta(seconds=10), clock=clock):
        async with pool.transaction() as holding:
            former = await until(lambda: holding.fetchval("select id from fleet.worker"))
            await holding.execute("lock table fleet.job in access exclusive mode")
            job = await holding.fetchval("select id from fleet.enqueue('greet')")
            await until(claim_waits)
            asleep = timedelta(minutes=1)
        await until(other_worker)
        began_before = list(entered)
        await pool.execute("update fleet.worker set lease_until = now() - interval '1 s' where id = $1", former)
        ended = await ask.finished(job)

    assert (began_before, entered) == ([], [2])
    assert (ended["outcome"], ended["attempt"]) == ("done", 2)


def test_a_process_that_was_frozen_at_the_wrong_moment_only_loses_its_lease() -> None:
    times = iter([0.0, 100.0])
    trust = Trust(Lease(), 0.0, lambda: None, lambda: next(times))
    trust.check()

    assert trust.at_most(1.0) == 0.0
