"""How fast an inventory is stored, and a bare COPY of the same rows into tables with a key alone."""

from collections.abc import Mapping
from time import perf_counter

import msgspec

from benchmarks import noop
from benchmarks.frame.ground import APPLICATION, Ground, settle
from fleet.analysis import store
from fleet.analysis.inventory import Location, Suite, Test, TestFile
from fleet.analysis.job import LOCAL_HOST
from fleet.analysis.phases import Phases
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.storing import open_storing
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect, open_pool

RATE = "storing"
CLAIM = """
    insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at)
    values ('analyze', 'analysis_default', 'running', 1, 1, gen_random_uuid(), now()) returning id
"""
_TESTS_A_FILE = 25
_TABLES = {
    "test_files": (store.FILE_COLUMNS, 2),
    "test_suites": (store.SUITE_COLUMNS, 3),
    "test_cases": (store.CASE_COLUMNS, 3),
}


class Unwatched(msgspec.Struct):
    """A job without a queue, of which nothing is measured here."""

    id: int
    token: int = 1

    async def progress(self, done: int, total: int | None, phase: str) -> None: ...

    async def finish(self, connection: Connection, result: msgspec.Struct) -> None: ...


async def store_files(ground: Ground, tests: int) -> Mapping[str, float]:
    async with ground.database("fleet", noop.prepare) as url:
        return {RATE: tests / await _store(url, tests)}


async def copy(ground: Ground, tests: int) -> Mapping[str, float]:
    async with (
        ground.database("fleet", noop.prepare) as url,
        connect(url, application=APPLICATION) as connection,
    ):
        await _store(url, tests)
        rows = {}
        for table, (columns, keys) in _TABLES.items():
            listed = ", ".join(columns)
            # Made before the clock starts: only the COPY itself is the yardstick.
            rows[table] = [tuple(row) for row in await connection.fetch(f"select {listed} from app.{table}")]  # noqa: S608  # constants
            await connection.execute(f"create table bare_{table} (like app.{table})")
            await connection.execute(f"alter table bare_{table} add primary key ({', '.join(columns[:keys])})")
        await settle(connection)
        began = perf_counter()
        for table, (columns, _) in _TABLES.items():
            await connection.copy_records_to_table(f"bare_{table}", columns=columns, records=rows[table])
        return {RATE: tests / (perf_counter() - began)}


async def _store(url: DatabaseUrl, tests: int) -> float:
    """Return the seconds that it took."""
    files = [_file(number) for number in range(1, tests // _TESTS_A_FILE + 1)]
    async with open_pool(url, application=APPLICATION, size=2) as pool:
        codebase = await store.codebase_at(pool, RepositoryAddress(LOCAL_HOST, "local", "repository"), private=False)
        job = await pool.fetchval(CLAIM)
        writer = await store.begin(pool, codebase, "a" * 40, "1", userless=True, claim=(job, 1))
        if writer is None:
            raise AssertionError("somebody else writes this inventory")
        async with pool.acquire() as connection:
            await settle(connection)
        began = perf_counter()
        async with open_storing(pool, writer, attempt=Unwatched(job), phases=Phases(), total=len(files)) as storing:
            for number, file in enumerate(files, start=1):
                await storing.add(number, file)
        return perf_counter() - began


def _file(number: int) -> TestFile:
    tests = tuple(
        Test(f"adds {case} to what was there before", "active", Location(3 * case + 4, 3 * case + 6, 4, 6))
        for case in range(_TESTS_A_FILE)
    )
    suite = Suite(f"module {number}", "active", Location(3, 3 * _TESTS_A_FILE + 7, 0, 2), tests=tests)
    return TestFile(f"packages/a/src/module-{number:06}.test.ts", "typescript", "vitest", suites=(suite,))
