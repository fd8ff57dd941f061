"""Works a backlog off, and says how fast: Fleet's workers, and the least that a queue can do."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from zlib import crc32

import anyio
import msgspec

from benchmarks import noop, raw
from benchmarks.frame.fleet_workers import open_workers
from benchmarks.frame.ground import APPLICATION, LONG, Ground, settle
from benchmarks.frame.process import ROOT, ended, open_python
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.queue.bulk import enqueue_bulk

# What is claimed at once is at most what is free, and short jobs want to be claimed by the hundreds.
SLOTS = 3000
# The bound at both ends of what the batches of a queue may be.
RAW_BATCHES = {"raw, batch 500": 500, "raw, batch 1000": 1000}
_POLL = timedelta(milliseconds=10)
_LIMIT = timedelta(minutes=2)
_IN_HISTORY = """
    select count(*) = $1 and count(distinct id) = $1 and bool_and(outcome = 'done' and attempt = 1 and token = 1)
        and not exists (select from fleet.job) and not exists (select from fleet.attempt)
    from fleet.job_history
"""
# The rate of the last tenth of the jobs to end, as a share of that of the first tenth.
_LAST_TO_FIRST = """
    select (
        extract(epoch from max(finished_at) filter (where place <= jobs / 10) - min(finished_at))
        / nullif(extract(epoch from max(finished_at) - min(finished_at) filter (where place > jobs - jobs / 10)), 0)
    )::float8
    from (select finished_at, row_number() over (order by finished_at) as place, count(*) over () as jobs
          from fleet.job_history) as ended
"""


@asynccontextmanager
async def _nothing(_url: DatabaseUrl) -> AsyncIterator[None]:
    yield


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """*jobs* are worked off by *processes* of so many *slots*, while *beside* is going on in the database.

    The workers, and the functions in the database, are those of *checkout*.
    """

    jobs: int
    processes: int = 1
    slots: int = SLOTS
    checkout: Path = ROOT
    beside: Callable[[DatabaseUrl], AbstractAsyncContextManager[None]] = _nothing


async def drain_fleet(ground: Ground, drain: Drain) -> Mapping[str, float]:
    """Work the jobs off; raises AssertionError unless each ran once and is in the history."""
    async with (
        _database(ground, drain.checkout) as url,
        connect(url, application=APPLICATION) as connection,
    ):
        await enqueue_bulk(connection, (noop.Noop(number=number) for number in range(drain.jobs)))
        await connection.execute("select fleet.pause($1)", noop.QUEUE)
        await settle(connection)
        slots = {"BENCHMARK_SLOTS": str(drain.slots)}
        async with (
            open_workers(connection, url, drain.processes, environment=slots, checkout=drain.checkout) as workers,
            drain.beside(url),
        ):
            cpu, server_cpu = workers.cpu(), ground.usage().cpu
            await connection.execute("select fleet.resume($1)", noop.QUEUE)
            rate = await rate_until_empty(connection, "fleet.job", drain.jobs)
            cpu, server_cpu = workers.cpu() - cpu, ground.usage().cpu - server_cpu
            ran = await workers.stop()
        if ran != drain.jobs or not await connection.fetchval(_IN_HISTORY, drain.jobs, timeout=LONG):
            raise AssertionError(f"of {drain.jobs} jobs the handlers ran {ran}, or some are not done in the history")
        return {
            "rate": rate,
            "cpu": cpu / drain.jobs * 10_000,
            "server_cpu": server_cpu / drain.jobs * 10_000,
            "last_to_first": await connection.fetchval(_LAST_TO_FIRST, timeout=LONG),
        }


@asynccontextmanager
async def _database(ground: Ground, checkout: Path) -> AsyncIterator[DatabaseUrl]:
    async def prepare(url: DatabaseUrl) -> None:
        async with open_python("benchmarks.noop", url, checkout=checkout) as process:
            await ended(process, _LIMIT)

    async with ground.database(f"fleet_{crc32(bytes(checkout))}", prepare) as url:
        yield url


async def drain_raw(ground: Ground, jobs: int, processes: int, batch: int) -> Mapping[str, float]:
    async with ground.database("raw", raw.prepare) as url, connect(url, application=APPLICATION) as connection:
        await connection.execute(raw.FILL, jobs, timeout=LONG)
        await settle(connection)
        server_cpu = ground.usage().cpu
        async with anyio.create_task_group() as tasks:

            async def work() -> None:
                async with open_python("benchmarks.raw", url, str(batch)) as process:
                    await ended(process, _LIMIT)

            for _ in range(processes):
                tasks.start_soon(work)
            rate = await rate_until_empty(connection, "raw_job", jobs)
        server_cpu = ground.usage().cpu - server_cpu
    return {"rate": rate, "server_cpu": server_cpu / jobs * 10_000}


async def rate_until_empty(connection: Connection, table: str, rows: int) -> float:
    """Return how many *rows* leave *table* in a second, from when the first ones have left until none is there."""
    first = least = await _least_id(connection, table, 0)
    before = perf_counter()
    while least == first:
        before = perf_counter()
        await anyio.sleep(_POLL.total_seconds())
        least = await _least_id(connection, table, first or 0)
    began = perf_counter()
    left: int = await connection.fetchval(f"select count(*) from {table}")  # noqa: S608  # one of two
    if not left:
        # Too few for a look in between.
        return rows / (began - before)
    while least is not None:
        await anyio.sleep(_POLL.total_seconds())
        least = await _least_id(connection, table, least)
    return left / (perf_counter() - began)


async def _least_id(connection: Connection, table: str, at_least: int) -> int | None:
    """Return the first id that is left: what is asked all the time must not pass over all that has gone."""
    least: int | None = await connection.fetchval(f"select min(id) from {table} where id >= $1", at_least)  # noqa: S608  # one of two
    return least
