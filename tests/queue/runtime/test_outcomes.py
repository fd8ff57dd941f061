"""How an attempt ends: what the handler does, and what becomes of the job."""

import asyncio
from datetime import timedelta

import anyio
import msgspec
import pytest

from fleet.db import Pool
from fleet.errors import Fail, Retry, Snooze
from fleet.queue.context import Context
from fleet.testing.until import until
from tests.queue.kinds import Choosy, Greet, Greeting, Hasty
from tests.queue.runtime.conftest import Ask, Working


async def test_a_returned_struct_becomes_the_result_of_a_done_job(working: Working, ask: Ask) -> None:
    async def greet(job: Greet, _: Context) -> Greeting:
        return Greeting(f"hello {job.name}")

    async with working(greet):
        job = await ask.enqueue(Greet(name="Ada"))
        ended = await ask.finished(job)

    assert ended["outcome"] == "done"
    assert ended["result"] == '{"text": "hello Ada"}'
    assert await ask.story(job) == []


async def test_a_raising_handler_is_tried_again_until_its_attempts_are_used_up(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        raise ValueError("no voice")

    async with working(greet):
        job = await ask.enqueue(Greet())
        ended = await ask.finished(job)

    assert (ended["outcome"], ended["error_class"], ended["error_message"]) == ("failed", "ValueError", "no voice")
    assert await ask.story(job) == [("failed", attempt, "ValueError") for attempt in (1, 2, 3)]


async def test_fail_ends_the_job_at_its_first_attempt(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        raise Fail("never will")

    async with working(greet):
        ended = await ask.finished(await ask.enqueue(Greet()))

    assert (ended["outcome"], ended["attempt"]) == ("failed", 1)


async def test_retry_after_decides_when_the_job_runs_again(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        raise Retry("the host asks for patience", after=timedelta(hours=1))

    async with working(greet):
        job = await ask.enqueue(Greet())
        waiting = await ask.in_state(job, "scheduled")

    assert waiting["attempt"] == 1
    [(outcome, _, error)] = await ask.story(job)
    assert (outcome, error) == ("failed", "Retry")


async def test_snooze_gives_the_attempt_back(working: Working, ask: Ask) -> None:
    naps = 0

    async def greet(_job: Greet, context: Context) -> Greeting:
        nonlocal naps
        naps += 1
        if naps < 5:
            raise Snooze("not yet", after=timedelta(milliseconds=1))
        return Greeting(f"attempt {context.attempt}")

    async with working(greet):
        job = await ask.enqueue(Greet())
        ended = await ask.finished(job)

    assert ended["result"] == '{"text": "attempt 1"}'
    assert [outcome for outcome, _, _ in await ask.story(job)] == ["snoozed"] * 4


@pytest.mark.parametrize(
    "error",
    [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), BaseException("odd"), BaseExceptionGroup("", [SystemExit()])],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_a_handler_raises_is_its_jobs_failure_and_not_the_workers_end(
    working: Working, ask: Ask, error: BaseException
) -> None:
    async def greet(job: Greet, _: Context) -> None:
        if job.name == "bad":
            raise error

    async with working(greet):
        bad = await ask.finished(await ask.enqueue(Greet(name="bad")))
        good = await ask.finished(await ask.enqueue(Greet(name="good")))

    assert (bad["outcome"], good["outcome"]) == ("failed", "done")


async def test_a_stray_cancelled_error_is_a_failure_and_leaves_the_neighbours_alone(working: Working, ask: Ask) -> None:
    neighbour_may_end = anyio.Event()

    async def greet(job: Greet, _: Context) -> None:
        if job.name == "bad":
            raise asyncio.CancelledError
        await neighbour_may_end.wait()

    async with working(greet) as worker:
        neighbour = await ask.enqueue(Greet(name="good"))
        await ask.in_state(neighbour, "running")
        bad = await ask.finished(await ask.enqueue(Greet(name="bad")))
        neighbour_may_end.set()
        good = await ask.finished(neighbour)

    assert (bad["error_class"], good["outcome"]) == ("CancelledError", "done")
    assert worker.code == 0


async def test_text_that_postgresql_cannot_store_fails_its_job_only(working: Working, ask: Ask) -> None:
    async def greet(job: Greet, _: Context) -> Greeting:
        if job.name == "bad":
            raise Fail("a NUL \x00 and a lone surrogate \ud800")
        return Greeting("a NUL \x00 and the letters \\u0000")

    async with working(greet):
        bad = await ask.finished(await ask.enqueue(Greet(name="bad")))
        good = await ask.finished(await ask.enqueue(Greet(name="good")))

    assert bad["error_message"] == "a NUL ␀ and a lone surrogate ?"
    assert good["result"] == '{"text": "a NUL ␀ and the letters \\\\u0000"}'


async def test_a_result_keeps_all_but_the_characters_that_postgresql_cannot_store(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> Greeting:
        return Greeting("caf\udce9 and \U0001f600, a NUL \x00 and the letters \\u0000")

    async with working(greet):
        ended = await ask.finished(await ask.enqueue(Greet()))

    assert ended["outcome"] == "done"
    assert msgspec.json.decode(ended["result"]) == {"text": "caf? and \U0001f600, a NUL ␀ and the letters \\u0000"}


async def test_a_result_that_is_not_json_fails_its_job_and_not_the_batch(working: Working, ask: Ask) -> None:
    class Broken(msgspec.Struct):
        raw: msgspec.Raw

    all_here = anyio.Event()
    waiting = 0

    async def greet(job: Greet, _: Context) -> msgspec.Struct:
        nonlocal waiting
        waiting += 1
        if waiting == 10:
            all_here.set()
        await all_here.wait()
        return Broken(msgspec.Raw(b"{oops")) if job.name == "bad" else Greeting("fine")

    async with working(greet):
        bad = await ask.enqueue(Greet(name="bad"))
        good = [await ask.enqueue(Greet()) for _ in range(9)]
        ended = await ask.finished(bad)
        neighbours = [(await ask.finished(job))["outcome"] for job in good]

    assert ended["outcome"] == "failed"
    assert neighbours == ["done"] * 9


async def test_arguments_that_do_not_decode_fail_at_once_with_their_path(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet):
        bad = await pool.fetchval("select id from fleet.enqueue('greet', '{\"name\": 7}')")
        ended = await ask.finished(bad)
        good = await ask.finished(await ask.enqueue(Greet()))

    assert (ended["outcome"], ended["error_class"], ended["attempt"]) == ("failed", "InvalidJob", 1)
    assert "`$.name`" in ended["error_message"]
    assert good["outcome"] == "done"


async def test_a_handler_that_overstays_its_time_limit_is_cancelled(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        await anyio.sleep_forever()

    async with working(greet, kind=Hasty):
        ended = await ask.finished(await ask.enqueue(Hasty()))

    assert ended["error_class"] == "TimeLimitExceeded"


@pytest.mark.parametrize("error", [KeyError("owner"), ExceptionGroup("", [KeyError("owner")])], ids=ascii)
async def test_an_error_after_which_the_policy_never_tries_again_ends_the_job(
    working: Working, ask: Ask, error: Exception
) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        raise error

    async with working(greet, kind=Choosy):
        ended = await ask.finished(await ask.enqueue(Choosy()))

    assert (ended["outcome"], ended["error_class"], ended["attempt"]) == ("failed", "KeyError", 1)


async def test_an_error_with_a_backoff_of_its_own_waits_by_it(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        raise ValueError("no voice")

    async with working(greet, kind=Choosy):
        job = await ask.enqueue(Choosy())
        await ask.in_state(job, "scheduled")

    assert await pool.fetchval("select run_at - now() > interval '1 day' from fleet.job where id = $1", job)


async def test_what_a_handler_asks_for_is_not_looked_up_among_the_errors(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, context: Context) -> None:
        if context.attempt == 1:
            raise Retry("at once, says the handler")
        raise Fail("never will")

    async with working(greet, kind=Choosy):
        job = await ask.enqueue(Choosy())
        ended = await ask.finished(job)

    assert (ended["error_class"], await ask.story(job)) == ("Fail", [("failed", 1, "Retry"), ("failed", 2, "Fail")])


async def test_the_time_limit_is_an_error_that_a_policy_can_name(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        await anyio.sleep_forever()

    async with working(greet, kind=Choosy):
        ended = await ask.finished(await ask.enqueue(Choosy()))

    assert (ended["error_class"], ended["attempt"]) == ("TimeLimitExceeded", 1)
    assert ended["error_message"].endswith("the handler ran longer than its limit (seconds=0.05)")


async def test_a_job_can_be_finished_inside_the_handlers_own_transaction(
    working: Working, ask: Ask, pool: Pool
) -> None:
    await pool.execute("create table effect (job bigint)")

    async def greet(_job: Greet, context: Context) -> Greeting:
        async with pool.transaction() as connection:
            await connection.execute("insert into effect values ($1)", context.id)
            await context.finish(connection, Greeting("together"))
        return Greeting("not this one")

    async with working(greet):
        job = await ask.enqueue(Greet())
        ended = await ask.finished(job)

    assert ended["result"] == '{"text": "together"}'
    assert await pool.fetchval("select array_agg(job) from effect") == [job]


async def test_a_handler_that_has_finished_its_job_may_go_on(working: Working, ask: Ask, pool: Pool) -> None:
    finished, looked, went_on = anyio.Event(), anyio.Event(), anyio.Event()

    async def greet(job: Greet, context: Context) -> None:
        if job.name == "other":
            await anyio.sleep_forever()
        async with pool.transaction() as connection:
            await context.finish(connection, Greeting("done"))
        finished.set()
        await looked.wait()
        went_on.set()

    async with working(greet):
        other = await ask.enqueue(Greet(name="other"))
        await ask.in_state(other, "running")
        await ask.enqueue(Greet())
        await finished.wait()
        # Who stops this one has compared all that the worker runs with what the database says.
        await pool.execute("select fleet.cancel(array[$1::bigint])", other)
        await ask.finished(other)
        looked.set()

    assert went_on.is_set()


async def test_a_zombies_writes_roll_back_with_its_finish(working: Working, ask: Ask, pool: Pool) -> None:
    await pool.execute("create table effect (token integer)")
    first_is_in, first_may_go = anyio.Event(), anyio.Event()

    async def greet(_job: Greet, context: Context) -> Greeting | None:
        if context.token == 1:
            first_is_in.set()
            with anyio.CancelScope(shield=True):
                await first_may_go.wait()
        async with pool.transaction() as connection:
            await connection.execute("insert into effect values ($1)", context.token)
            await context.finish(connection, Greeting("done"))
        return None

    async with working(greet):
        job = await ask.enqueue(Greet())
        await first_is_in.wait()
        await pool.execute("select fleet.release(array[$1::bigint], array[1], 'taken away by hand')", job)
        await ask.finished(job)
        first_may_go.set()

    assert await pool.fetchval("select array_agg(token) from effect") == [3]


async def test_progress_shows_in_the_row_while_the_job_runs(working: Working, ask: Ask) -> None:
    seen = anyio.Event()

    async def greet(_job: Greet, context: Context) -> None:
        await context.progress(3, 10, "parse")
        await seen.wait()

    async with working(greet):
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")

        async def progress() -> str | None:
            live = await ask.live(job)
            return live["progress"] if live else None

        shown = await until(progress)
        seen.set()

    assert msgspec.json.decode(str(shown)) == {"phase": "parse", "done": 3, "total": 10}
