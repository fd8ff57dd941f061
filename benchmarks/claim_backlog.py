"""What a claim costs beside a deep backlog of jobs that may not run: held ones of a blocked tenant, and scheduled ones.

Two databases of one server, one with the backlog and one without, take turns claim by claim; on a PostgreSQL of its
own. Prints one JSON line for each size of claim: python -m benchmarks.claim_backlog [CLAIMS].
"""

import sys
from contextlib import AsyncExitStack
from functools import partial
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.local.server import run_postgres
from fleet.migrate import migrate

BACKLOG = 200_000
SIZES = (1, 50)
WORKER = UUID(int=1)

READY = """
    insert into fleet.job (kind, queue) select 'task', 'tasks' from generate_series(1, $1)
"""
# As claims have left it: admitted, and held because the tenant has all it may have.
BLOCKED = """
    insert into fleet.job (kind, queue, state, fair_key)
    select 'task', 'tasks', 'held', 'blocked' from generate_series(1, $1)
"""
SCHEDULED = """
    insert into fleet.job (kind, queue, state, run_at)
    select 'task', 'tasks', 'scheduled', fleet.now() + interval '1 day' from generate_series(1, $1)
"""


async def prepare(connection: Connection, claims: int, backlog: int) -> None:
    await connection.execute(
        "select fleet.declare_kind('task', 'tasks', 3, '1 min', '{}', '{}'), fleet.limit_keys('tasks', 1)"
    )
    await connection.execute("select fleet.register_worker($1, 's', 'r', 'v', 1, '{tasks}', '{task}', '1 day')", WORKER)
    # The one job that the blocked tenant may have runs all the time.
    await connection.execute("select fleet.enqueue('task', fair_key => 'blocked')")
    await connection.execute("select fleet.claim($1, '{task}', '{tasks}', '{1}')", WORKER)
    await connection.execute(READY, claims * sum(SIZES))
    if backlog:
        await connection.execute(BLOCKED, backlog, timeout=300)
        await connection.execute(SCHEDULED, backlog, timeout=300)
    await connection.execute("vacuum analyze fleet.job", timeout=300)


async def seconds_of_claim(connection: Connection, size: int) -> float:
    began = perf_counter()
    claimed = await connection.fetch(
        "select id, token, args from fleet.claim($1, '{task}', '{tasks}', $2)", WORKER, [size]
    )
    seconds = perf_counter() - began
    assert len(claimed) == size, "the claim did not get what was ready"  # noqa: S101  # else nothing was measured
    return seconds


async def main(claims: int = 500) -> None:
    async with run_postgres(None) as url, AsyncExitStack() as connected:
        connections = []
        for name, backlog in (("empty", 0), ("deep", BACKLOG)):
            async with connect(url, application="fleet-benchmark") as connection:
                await connection.execute(f"create database {name}")
            of_its_own = DatabaseUrl(urlsplit(url.reveal())._replace(path=f"/{name}").geturl())
            await migrate(of_its_own)
            connections.append(await connected.enter_async_context(connect(of_its_own, application="fleet-benchmark")))
            await prepare(connections[-1], claims, backlog)
        for size in SIZES:
            times = [[await seconds_of_claim(connection, size) for connection in connections] for _ in range(claims)]
            empty, deep = (median(of_one) * 1000 for of_one in zip(*times, strict=True))
            figures = {
                "jobs_per_claim": size,
                "claims": claims,
                "held": BACKLOG,
                "scheduled": BACKLOG,
                "empty_ms": round(empty, 3),
                "deep_ms": round(deep, 3),
                "ratio": round(deep / empty, 2),
            }
            print(msgspec.json.encode(figures).decode())  # noqa: T201  # a script's output


if __name__ == "__main__":
    anyio.run(partial(main, *map(int, sys.argv[1:2])))
