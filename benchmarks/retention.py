"""How fast the cleanup removes what has expired, beside a bare DELETE in batches, and what enqueues feel of it.

Entries of users' histories that have outlived their plan. Both remove as many in a batch, and rest as long after each;
meanwhile one session enqueues a job every ten milliseconds. Prints JSON lines: python -m benchmarks.retention.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from math import ceil, isqrt
from time import perf_counter

import anyio

from benchmarks import noop
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.ground import APPLICATION, LONG, Ground, settle
from benchmarks.frame.probe import Probe
from benchmarks.frame.process import ended, open_python
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import interleave
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.queue.enqueue import enqueue

OURS, BARE, QUIET = "retention_cleanup", "DELETE", "nothing"
BATCH, REST = 10_000, timedelta(milliseconds=100)
_PACE = timedelta(milliseconds=10)
_LIMIT = timedelta(minutes=10)
_QUIET_FOR = timedelta(seconds=5)
# As many entries as the product says, of analyses that nobody in particular asked for, which the cleanup leaves alone.
_FILL = """
    with address as (
        insert into app.codebases (host, owner, repo) values ('example.org', 'owner', 'repo') returning id
    ), inventory as (
        insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at,
            completed_at, candidates, files, tests)
        select address.id, lpad(to_hex(number), 40, '0'), '1', true, 1, 1, now(), now(), 0, 0, 0
        from address, generate_series(1, $1) as number
        returning id
    ), person as (
        insert into app.users select from generate_series(1, $1) returning id
    )
    insert into app.user_analysis_history (user_id, analysis_id, created_at, retention_days)
    select person.id, inventory.id, now() - interval '40 days', 30 from person, inventory
"""
_DELETE = """
    delete from app.user_analysis_history where ctid = any(array(
        select ctid from app.user_analysis_history
        where retention_days is not null and created_at < now() - interval '30 days' limit $1
    ))
"""


Remove = Callable[[DatabaseUrl, Connection], Awaitable[None]]


async def run(ground: Ground, rows: int, remove: Remove) -> Mapping[str, float]:
    """Return how many rows went in a second, and the slowest hundredth of the enqueues beside it."""

    async def prepare(url: DatabaseUrl) -> None:
        await noop.prepare(url)
        async with connect(url, application=APPLICATION) as connection:
            await connection.execute(_FILL, isqrt(rows), timeout=LONG)

    latencies: list[float] = []
    async with (
        ground.database(f"expired_{rows}", prepare) as url,
        connect(url, application=APPLICATION) as connection,
    ):
        await settle(connection)
        before = await _entries(connection)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_enqueue, url, latencies)
            began = perf_counter()
            await remove(url, connection)
            seconds = perf_counter() - began
            tasks.cancel_scope.cancel()
        removed = before - await _entries(connection)
    latencies.sort()
    return {
        "rate": removed / seconds,
        "removed": removed / before,
        "p99": 1000 * latencies[ceil(0.99 * len(latencies)) - 1],
    }


async def _enqueue(url: DatabaseUrl, latencies: list[float]) -> None:
    async with connect(url, application=APPLICATION) as connection:
        while True:
            began = perf_counter()
            await enqueue(connection, noop.Noop(number=len(latencies)))
            latencies.append(perf_counter() - began)
            await anyio.sleep(_PACE.total_seconds())


async def _sweep(url: DatabaseUrl, _connection: Connection) -> None:
    rules = {"CLEANUP_BATCH": str(BATCH), "CLEANUP_PAUSE_SECONDS": str(REST.total_seconds())}
    async with open_python("entrypoints.retention_cleanup", url, environment=rules) as process:
        await ended(process, _LIMIT)


async def _delete(_url: DatabaseUrl, connection: Connection) -> None:
    deleted = f"DELETE {BATCH}"
    while deleted == f"DELETE {BATCH}":
        deleted = await connection.execute(_DELETE, BATCH)
        await anyio.sleep(REST.total_seconds())


async def _nothing(_url: DatabaseUrl, _connection: Connection) -> None:
    await anyio.sleep(_QUIET_FOR.total_seconds())


async def _entries(connection: Connection) -> int:
    return int(await connection.fetchval("select count(*) from app.user_analysis_history", timeout=LONG))


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    ways: dict[str, Remove] = {QUIET: _nothing, OURS: _sweep, BARE: _delete}
    rounds = await interleave(
        {name: partial(run, ground, scale.jobs, remove) for name, remove in ways.items()}, scale.rounds, probe
    )
    if any(removed != 1 for name in (OURS, BARE) for removed in rounds.of(name, "removed")):
        raise AssertionError("something that has expired was left")
    rate = Asked(question="retention", figure="rate", unit="rows/s", goal=Goal(of="ratio", at_least=0.7))
    goal = Goal(of="ratio", at_most=1.5)
    p99 = Asked(question="retention", figure="p99 of an enqueue beside the cleanup", unit="ms", goal=goal)
    bare = Asked(question="retention", figure="p99 of an enqueue beside the DELETE", unit="ms")
    quiet = rounds.of(QUIET, "p99")
    return [
        beside(rate, rounds.of(OURS, "rate"), BARE, rounds.of(BARE, "rate")),
        beside(p99, rounds.of(OURS, "p99"), QUIET, quiet),
        beside(bare, rounds.of(BARE, "p99"), QUIET, quiet),
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale(rounds=3, jobs=1_000_000)))
