"""The result of a job, awaited from elsewhere than the worker that runs it."""

import statistics
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from types import NoneType
from typing import Any
from uuid import uuid4

import anyio
import pytest

from fleet.db import Connection, Pool
from fleet.errors import DatabaseUnavailable, Fail, InvalidJob, JobFailed, JobNotEnded, QueueError, UnknownJob
from fleet.queue.context import Context
from fleet.queue.result import Results, open_results, result
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.kinds import Greet, Greeting
from tests.queue.runtime.conftest import Ask, Working

# Some tests have nobody who works on the jobs.
pytestmark = pytest.mark.usefixtures("working")

SOON = timedelta(seconds=10)
# Longer than any test: what is noticed was heard of.
NEVER = timedelta(minutes=10)


@pytest.fixture
async def results(database: Database) -> AsyncIterator[Results]:
    async with open_results(database.url, look_pause=NEVER) as results:
        yield results


async def greet(job: Greet, _: Context) -> Greeting | None:
    match job.name:
        case "bad":
            raise Fail("no voice")
        case "silent":
            return None
    return Greeting(f"hello {job.name}")


async def awaited(pool: Pool, count: int = 1) -> None:
    """Wait until the ends of so many jobs are awaited."""

    async def all_of_them() -> bool:
        return bool(await pool.fetchval("select count(*) = $1 from fleet.job where awaited", count))

    await until(all_of_them)


async def all_of(got: Collection[object], count: int) -> None:
    async def all_of_them() -> bool:
        return len(got) == count

    await until(all_of_them, within=SOON)


async def waiters(pool: Pool) -> int:
    waiters: int = await pool.fetchval(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and application_name = 'fleet-results'"
    )
    return waiters


async def test_a_result_arrives_as_soon_as_the_job_is_done(working: Working, ask: Ask, results: Results) -> None:
    waits: list[float] = []

    async def tell_the_time(_job: Greet, _: Context) -> Greeting:
        return Greeting(str(anyio.current_time()))

    async with working(tell_the_time):
        for _ in range(20):
            told = await results.result(await ask.enqueue(Greet()), Greeting, within=SOON)
            waits.append(anyio.current_time() - float(told.text))

    assert statistics.median(waits) < 1


async def test_a_job_that_ended_before_is_answered_at_once(working: Working, ask: Ask, results: Results) -> None:
    async with working(greet):
        job = await ask.enqueue(Greet(name="Ada"))
        await ask.finished(job)

    assert await results.result(job, Greeting, within=SOON) == Greeting("hello Ada")


async def test_a_job_that_ends_while_it_is_asked_about_is_not_missed(
    working: Working, ask: Ask, pool: Pool, results: Results
) -> None:
    finishing, enough = anyio.Event(), anyio.Event()
    got: list[Greeting] = []

    async def hold(_job: Greet, context: Context) -> None:
        async with pool.transaction() as connection:
            await context.finish(connection, Greeting("at last"))
            # From here to the commit, whoever asks finds the row taken.
            finishing.set()
            await enough.wait()

    async def wait(job: int) -> None:
        got.append(await results.result(job, Greeting, within=SOON))

    async def asked() -> bool:
        return bool(
            await pool.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and application_name = 'fleet-results' and query like '%await_end%'"
            )
        )

    async with working(hold), anyio.create_task_group() as tasks:
        job = await ask.enqueue(Greet())
        await finishing.wait()
        tasks.start_soon(wait, job)
        await until(asked)
        enough.set()

    assert got == [Greeting("at last")]


async def test_many_jobs_are_awaited_on_one_connection(
    working: Working, ask: Ask, pool: Pool, results: Results
) -> None:
    got: dict[str, Greeting] = {}

    async def wait(name: str, job: int) -> None:
        got[name] = await results.result(job, Greeting, within=SOON)

    names = [f"guest {number}" for number in range(30)]
    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(wait, name, await ask.enqueue(Greet(name=name)))
        await awaited(pool, 30)
        assert await waiters(pool) == 1
        async with working(greet):
            await all_of(got, 30)

    assert got == {name: Greeting(f"hello {name}") for name in names}


async def test_two_who_await_one_job_are_both_told(working: Working, ask: Ask, pool: Pool, results: Results) -> None:
    got: list[Greeting] = []

    async def wait() -> None:
        got.append(await results.result(job, Greeting, within=SOON))

    job = await ask.enqueue(Greet())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        tasks.start_soon(wait)
        await awaited(pool)
        async with working(greet):
            await all_of(got, 2)

    assert got == [Greeting("hello world")] * 2


async def test_what_ended_while_the_connection_was_lost_is_found(
    working: Working, ask: Ask, pool: Pool, results: Results
) -> None:
    got: list[Greeting] = []

    async def wait(job: int) -> None:
        got.append(await results.result(job, Greeting, within=SOON))

    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(wait, await ask.enqueue(Greet()))
        await awaited(pool, 2)
        async with pool.transaction() as connection:
            # Nobody can look, nor is anybody told, before it has all happened.
            await connection.execute("lock table fleet.job")
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'fleet-results'"
            )
        async with working(greet):
            await all_of(got, 2)

    assert got == [Greeting("hello world")] * 2


async def test_where_no_notification_arrives_the_wait_looks_by_itself(working: Working, ask: Ask, pool: Pool) -> None:
    got: list[Greeting] = []
    job = await ask.enqueue(Greet())
    async with pool.acquire() as deaf, anyio.create_task_group() as tasks:

        async def wait() -> None:
            got.append(await result(deaf, job, Greeting, within=SOON))

        tasks.start_soon(wait)
        await awaited(pool)
        # As behind a transaction pooler: it has asked to hear, and will not.
        await deaf.execute("unlisten *")
        async with working(greet):
            await all_of(got, 1)

    assert got == [Greeting("hello world")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bad", {"outcome": "failed", "error_class": "Fail", "error_message": "no voice"}),
        ("cancelled", {"outcome": "cancelled", "error_class": None, "error_message": "wrong repo"}),
        ("lost", {"outcome": "lost", "error_class": "WorkerLost"}),
    ],
)
async def test_a_job_that_did_not_come_to_be_done_raises_what_became_of_it(
    working: Working, ask: Ask, pool: Pool, results: Results, name: str, expected: dict[str, Any]
) -> None:
    job = await ask.enqueue(Greet(name=name), max_attempts=1)
    caught: list[JobFailed] = []

    async def wait() -> None:
        with pytest.raises(JobFailed) as failure:
            await results.result(job, Greeting, within=SOON)
        caught.append(failure.value)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await awaited(pool)
        match name:
            case "cancelled":
                await pool.execute("select fleet.cancel(array[$1::bigint], 'wrong repo')", job)
            case "lost":
                worker = uuid4()
                await pool.execute(
                    "select fleet.register_worker($1, 's', 'r', 'v', 1, '{greetings}', '{greet}', '1 h')", worker
                )
                await pool.execute("select fleet.claim($1, '{greet}', '{greetings}', '{1}')", worker)
                await pool.execute("update fleet.worker set lease_until = now()")
                await pool.execute("select fleet.rescue()")
            case _:
                async with working(greet):
                    await all_of(caught, 1)

    (failure,) = caught
    assert {key: getattr(failure, key) for key in expected} == expected
    assert failure.job == job


async def test_an_id_that_no_job_has_is_refused(results: Results) -> None:
    with pytest.raises(UnknownJob, match="job=1000000000000"):
        await results.result(10**12, Greeting, within=SOON)


async def test_a_job_that_does_not_end_in_time_goes_on(ask: Ask, results: Results) -> None:
    job = await ask.enqueue(Greet())

    with pytest.raises(JobNotEnded, match=f"job={job}"):
        await results.result(job, Greeting, within=timedelta(milliseconds=100))

    assert await ask.live(job) is not None


async def test_a_job_without_a_result_answers_none(working: Working, ask: Ask, results: Results) -> None:
    async with working(greet):
        job = await ask.enqueue(Greet(name="silent"))

        shape: type[object] = NoneType
        assert await results.result(job, shape, within=SOON) is None
        with pytest.raises(InvalidJob, match="null"):
            await results.result(job, Greeting, within=SOON)


async def test_one_job_can_be_awaited_by_the_address_of_the_database(
    working: Working, ask: Ask, pool: Pool, database: Database
) -> None:
    async with working(greet):
        answer = await result(database.url, await ask.enqueue(Greet()), Greeting, within=SOON)

    assert answer == Greeting("hello world")

    async def gone() -> bool:
        return await waiters(pool) == 0

    await until(gone)


async def test_a_callers_connection_is_given_back_as_it_was(working: Working, ask: Ask, conn: Connection) -> None:
    async with working(greet):
        answer = await result(conn, await ask.enqueue(Greet()), Greeting, within=SOON)

    assert answer == Greeting("hello world")
    assert await conn.fetch("select pg_listening_channels()") == []


async def test_a_connection_in_a_transaction_is_refused(ask: Ask, conn: Connection) -> None:
    job = await ask.enqueue(Greet())

    async with conn.transaction():
        with pytest.raises(QueueError, match="within a transaction"):
            await result(conn, job, Greeting, within=SOON)


async def test_a_callers_connection_that_is_lost_is_the_callers_to_replace(
    ask: Ask, pool: Pool, conn: Connection
) -> None:
    job = await ask.enqueue(Greet())

    async def wait() -> None:
        with pytest.raises(DatabaseUnavailable):
            await result(conn, job, Greeting, within=SOON)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await awaited(pool)
        await pool.execute("select pg_terminate_backend($1)", conn.get_server_pid())
