"""Works a backlog off, and says how fast: Fleet's workers, and the least that a queue can do."""

from collections.abc import Mapping
from datetime import timedelta
from time import perf_counter

import anyio

from benchmarks import noop, raw
from benchmarks.frame.fleet_workers import open_workers
from benchmarks.frame.ground import APPLICATION, LONG, Ground, settle
from benchmarks.frame.process import ended, open_python
from fleet.db import Connection, connect
from fleet.queue.bulk import enqueue_bulk

# The bound at both ends of what the batches of a queue may be.
RAW_BATCHES = {"raw, batch 500": 500, "raw, batch 1000": 1000}
_POLL = timedelta(milliseconds=10)
_RAW_LIMIT = timedelta(minutes=2)
_IN_HISTORY = """
    select count(*) = $1 and count(distinct id) = $1 and bool_and(outcome = 'done' and attempt = 1 and token = 1)
        and not exists (select from fleet.job) and not exists (select from fleet.attempt)
    from fleet.job_history
"""


async def drain_fleet(ground: Ground, jobs: int, processes: int) -> Mapping[str, float]:
    """Work *jobs* off; raises AssertionError unless each ran once and is in the history."""
    async with (
        ground.database("fleet", noop.prepare) as url,
        connect(url, application=APPLICATION) as connection,
    ):
        await enqueue_bulk(connection, (noop.Noop(number=number) for number in range(jobs)))
        await connection.execute("select fleet.pause($1)", noop.QUEUE)
        await settle(connection)
        async with open_workers(connection, url, processes) as workers:
            cpu, server_cpu = workers.cpu(), ground.usage().cpu
            await connection.execute("select fleet.resume($1)", noop.QUEUE)
            rate = await rate_until_empty(connection, "fleet.job")
            cpu, server_cpu = workers.cpu() - cpu, ground.usage().cpu - server_cpu
            ran = await workers.stop()
        if ran != jobs or not await connection.fetchval(_IN_HISTORY, jobs, timeout=LONG):
            raise AssertionError(f"of {jobs} jobs the handlers ran {ran}, or some are not done in the history")
    return {"rate": rate, "cpu": cpu / jobs * 10_000, "server_cpu": server_cpu / jobs * 10_000}


async def drain_raw(ground: Ground, jobs: int, processes: int, batch: int) -> Mapping[str, float]:
    async with ground.database("raw", raw.prepare) as url, connect(url, application=APPLICATION) as connection:
        await connection.execute(raw.FILL, jobs, timeout=LONG)
        await settle(connection)
        server_cpu = ground.usage().cpu
        async with anyio.create_task_group() as tasks:

            async def work() -> None:
                async with open_python("benchmarks.raw", url, str(batch)) as process:
                    await ended(process, _RAW_LIMIT)

            for _ in range(processes):
                tasks.start_soon(work)
            rate = await rate_until_empty(connection, "raw_job")
        server_cpu = ground.usage().cpu - server_cpu
    return {"rate": rate, "server_cpu": server_cpu / jobs * 10_000}


async def rate_until_empty(connection: Connection, table: str) -> float:
    """Return how many rows leave *table* in a second, from when the first ones have left until none is there."""
    first = least = await _least_id(connection, table, 0)
    while least == first:
        await anyio.sleep(_POLL.total_seconds())
        least = await _least_id(connection, table, first or 0)
    began = perf_counter()
    left = await connection.fetchval(f"select count(*) from {table}")  # noqa: S608  # one of two
    while least is not None:
        await anyio.sleep(_POLL.total_seconds())
        least = await _least_id(connection, table, least)
    return float(left / (perf_counter() - began))


async def _least_id(connection: Connection, table: str, at_least: int) -> int | None:
    """Return the first id that is left: what is asked all the time must not pass over all that has gone."""
    least: int | None = await connection.fetchval(f"select min(id) from {table} where id >= $1", at_least)  # noqa: S608  # one of two
    return least
