"""What is found is stored while more is looked for."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import anyio
import msgspec
import pytest

from fleet.analysis import store
from fleet.analysis.inventory import Location, Test, TestFile, Unparsed
from fleet.analysis.phases import Phases
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.store import Writer
from fleet.analysis.storing import BATCH_FILES, BATCH_TESTS, Storing, open_storing
from fleet.db import Connection, Pool
from fleet.errors import LeaseLost
from fleet.testing.until import until

SOON = timedelta(seconds=10)


class Told(msgspec.Struct):
    """A job that keeps what it was told of its progress."""

    id: int
    token: int = 1
    progressed: list[tuple[int, int | None]] = []

    async def progress(self, done: int, total: int | None, phase: str) -> None:
        assert phase == "parse"
        self.progressed.append((done, total))

    async def finish(self, connection: Connection, result: msgspec.Struct) -> None: ...


@pytest.fixture
async def job(pool: Pool) -> Told:
    return Told(
        await pool.fetchval(
            "insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at) values"
            " ('analyze', 'analysis_default', 'running', 1, 1, gen_random_uuid(), now()) returning id"
        )
    )


@pytest.fixture
async def writer(pool: Pool, job: Told) -> Writer:
    codebase = await store.codebase_at(pool, RepositoryAddress("github.com", "psf", "requests"), private=False)
    writer = await store.begin(pool, codebase, "a" * 40, "1", userless=True, claim=(job.id, 1))
    assert writer is not None
    return writer


def storing(pool: Pool, writer: Writer, job: Told, total: int = 1_000) -> AbstractAsyncContextManager[Storing]:
    return open_storing(pool, writer, attempt=job, phases=Phases(), total=total)


def unread(number: int) -> Unparsed:
    return Unparsed(f"test_{number}.py", "too large")


def of_tests(count: int) -> TestFile:
    return TestFile("test_a.py", "python", "pytest", tests=(Test("a", "active", Location(1, 1, 0, 1)),) * count)


async def found_by(opened: AbstractAsyncContextManager[Storing], find: Callable[[Storing], Awaitable[None]]) -> None:
    async with opened as stored:
        await find(stored)


async def count(pool: Pool, table: str = "files") -> int:
    return int(await pool.fetchval(f"select count(*) from app.test_{table}"))


async def test_all_of_it_is_stored_when_the_block_ends(pool: Pool, writer: Writer, job: Told) -> None:
    async with storing(pool, writer, job) as stored:
        for number in range(1, 2 * BATCH_FILES + 2):
            await stored.add(number, unread(number))

    assert await count(pool) == 2 * BATCH_FILES + 1
    assert job.progressed == [(BATCH_FILES, 1_000), (2 * BATCH_FILES, 1_000), (1_000, 1_000)]


async def test_nothing_found_is_nothing_stored(pool: Pool, writer: Writer, job: Told) -> None:
    async with storing(pool, writer, job):
        pass

    assert (await count(pool), job.progressed) == (0, [])


@pytest.mark.parametrize("found", [BATCH_FILES * [1], 2 * [BATCH_TESTS // 2]], ids=["files", "tests"])
async def test_a_full_batch_is_stored_while_more_is_looked_for(
    pool: Pool, writer: Writer, job: Told, found: list[int]
) -> None:
    async def all_there() -> bool:
        return await count(pool, "cases") == sum(found)

    async with storing(pool, writer, job) as stored:
        for number, tests in enumerate(found, start=1):
            await stored.add(number, of_tests(tests))
        await until(all_there, within=SOON)


async def test_whoever_finds_waits_with_a_second_full_batch_until_the_first_is_stored(
    pool: Pool, writer: Writer, job: Told
) -> None:
    added = 0

    async def add_all(stored: Storing) -> None:
        nonlocal added
        for number in range(1, 3 * BATCH_FILES + 1):
            await stored.add(number, unread(number))
            added = number

    async def waits_for_the_table() -> bool:
        return bool(await pool.fetchval("select exists (select from pg_locks where not granted)"))

    async with pool.acquire() as other, anyio.create_task_group() as tasks, storing(pool, writer, job) as stored:
        async with other.transaction():
            await other.execute("lock app.test_files")
            tasks.start_soon(add_all, stored)
            await until(waits_for_the_table, within=SOON)
            await until(lambda: _is(added, 2 * BATCH_FILES - 1), within=SOON)
        await until(lambda: _is(added, 3 * BATCH_FILES), within=SOON)

    assert await count(pool) == 3 * BATCH_FILES


async def _is(number: int, expected: int) -> bool:
    assert number <= expected
    return number == expected


async def test_what_the_block_waits_for_is_the_phase_of_storing(pool: Pool, writer: Writer, job: Told) -> None:
    now = 0.0
    phases = Phases(lambda: now)

    async def find() -> None:
        async with open_storing(pool, writer, attempt=job, phases=phases, total=1) as stored:
            await stored.add(1, unread(1))

    async def waits_for_the_table() -> bool:
        return bool(await pool.fetchval("select exists (select from pg_locks where not granted)"))

    async with pool.acquire() as other, anyio.create_task_group() as tasks, other.transaction():
        await other.execute("lock app.test_files")
        tasks.start_soon(find)
        await until(waits_for_the_table, within=SOON)
        now = 7.0

    assert phases.seconds == {"store": 7.0}


async def test_a_writer_that_lost_its_inventory_is_told_so_as_it_looks_for_more(
    pool: Pool, writer: Writer, job: Told
) -> None:
    await pool.execute("update app.analyses set job_token = job_token + 1")

    async def find(stored: Storing) -> None:
        for number in range(1, BATCH_FILES + 1):
            await stored.add(number, unread(number))
        await anyio.sleep_forever()

    with pytest.raises(LeaseLost):
        await found_by(storing(pool, writer, job), find)

    assert await count(pool) == 0


async def test_a_failure_while_looking_stores_no_more_and_stays_what_it_was(
    pool: Pool, writer: Writer, job: Told
) -> None:
    async def find(stored: Storing) -> None:
        await stored.add(1, unread(1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await found_by(storing(pool, writer, job), find)

    assert await count(pool) == 0
