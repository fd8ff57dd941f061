"""What an idle worker costs, its keeper included: statements, a share of a core, and memory.

As many workers as there are rounds idle at the same time, each on a database of its own, for a minute. The statements
are counted by PostgreSQL, with pg_stat_statements, whoever sent them. Prints JSON lines: python -m benchmarks.idle.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta

import anyio

from benchmarks import noop
from benchmarks.frame.finding import Asked, Finding, Goal, alone
from benchmarks.frame.fleet_workers import open_workers
from benchmarks.frame.ground import APPLICATION, Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.usage import children_of, usage_of
from fleet.db import connect

SETTINGS = {"shared_preload_libraries": "pg_stat_statements"}
WINDOW = timedelta(minutes=1)
# Until the keeper, and what a worker does once when it begins, is behind it.
_SETTLING = timedelta(seconds=10)
_COUNT = """
    select coalesce(sum(calls), 0)::integer from pg_stat_statements
    where dbid = (select oid from pg_database where datname = $1)
"""
_ASKED = (
    Asked(question="idle", figure="statements", unit="per minute", goal=Goal(of="value", at_most=60)),
    Asked(question="idle", figure="CPU", unit="share of a core", goal=Goal(of="value", at_most=0.003)),
    Asked(question="idle", figure="memory of the worker", unit="MB", goal=Goal(of="value", at_most=60)),
    Asked(question="idle", figure="memory of the keeper", unit="MB", goal=Goal(of="value", at_most=30)),
)


async def watch(ground: Ground, found: list[Mapping[str, float]]) -> None:
    """Add what one worker costs to *found*."""
    async with (
        ground.database("fleet", noop.prepare) as url,
        connect(url, application=APPLICATION) as own,
        open_workers(own, url, 1) as workers,
        # From elsewhere, so that what is asked here is not counted.
        connect(ground.url, application=APPLICATION) as outside,
    ):
        database = await own.fetchval("select current_database()")
        await anyio.sleep(_SETTLING.total_seconds())
        (worker,) = workers.pids
        (keeper,) = children_of(worker)
        statements, cpu = await outside.fetchval(_COUNT, database), workers.cpu()
        await anyio.sleep(WINDOW.total_seconds())
        statements, cpu = await outside.fetchval(_COUNT, database) - statements, workers.cpu() - cpu
        seen = (
            statements * 60 / WINDOW.total_seconds(),
            cpu / WINDOW.total_seconds(),
            usage_of(worker).megabytes,
            usage_of(keeper).megabytes,
        )
        found.append({asked.figure: value for asked, value in zip(_ASKED, seen, strict=True)})


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    await probe.take()
    async with connect(ground.url, application=APPLICATION) as connection:
        await connection.execute("create extension if not exists pg_stat_statements")
    # The first makes the files that the others are copied from.
    async with ground.database("fleet", noop.prepare):
        pass
    found: list[Mapping[str, float]] = []
    async with anyio.create_task_group() as watching:
        for _ in range(scale.rounds):
            watching.start_soon(watch, ground, found)
    await probe.take()
    return [alone(asked, [each[asked.figure] for each in found]) for asked in _ASKED]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale(), SETTINGS))
