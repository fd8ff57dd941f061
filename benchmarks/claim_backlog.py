"""What a claim costs beside a deep backlog: of millions of jobs that are ready, and of jobs that may not run.

Three databases of one server: ten thousand ready jobs, the given number of ready ones, and ten thousand beside held
jobs of a blocked tenant and scheduled ones. They take turns, and what was claimed is finished and replaced. Prints JSON
lines: python -m benchmarks.claim_backlog.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from statistics import median
from time import perf_counter
from uuid import UUID

from benchmarks import noop
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.ground import APPLICATION, LONG, Ground, settle
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Run, interleave
from fleet.db import Connection, connect

SHALLOW, DEEP, BLOCKED = "10 thousand ready", "the backlog", "10 thousand ready beside those that may not run"
READY = 10_000
# Held, and as many scheduled.
MAY_NOT_RUN = 200_000
# How many claims of each size there are in a round.
SIZES = {1: 40, 50: 20, 500: 6}
WORKER = UUID(int=1)
# A statement-level trigger holds what a statement has inserted.
_CHUNK = 500_000

_ENQUEUE = "insert into fleet.job (kind, queue) select 'benchmark_noop', 'benchmark' from generate_series(1, $1)"
# As claims have left them: admitted, and held because the tenant has all it may have.
_HOLD = """
    insert into fleet.job (kind, queue, state, fair_key)
    select 'benchmark_noop', 'benchmark', 'held', 'blocked' from generate_series(1, $1)
"""
_SCHEDULE = """
    insert into fleet.job (kind, queue, state, run_at)
    select 'benchmark_noop', 'benchmark', 'scheduled', fleet.now() + interval '1 day' from generate_series(1, $1)
"""


async def fill(connection: Connection, ready: int, may_not_run: int) -> None:
    await connection.execute("select fleet.limit_keys('benchmark', 1)")
    await connection.execute(
        "select fleet.register_worker($1, 's', 'r', 'v', 1, '{benchmark}', '{benchmark_noop}', '1 day')", WORKER
    )
    # The one job that the blocked tenant may have runs all the time.
    await connection.execute("select fleet.enqueue('benchmark_noop', fair_key => 'blocked')")
    await _claim(connection, 1)
    for begun in range(0, ready, _CHUNK):
        await connection.execute(_ENQUEUE, min(_CHUNK, ready - begun), timeout=LONG)
    if may_not_run:
        await connection.execute(_HOLD, may_not_run, timeout=LONG)
        await connection.execute(_SCHEDULE, may_not_run, timeout=LONG)
    await settle(connection)


async def measure(connection: Connection) -> Mapping[str, float]:
    """Return the milliseconds of the middle one of some claims of each size."""
    milliseconds = {}
    for size, claims in SIZES.items():
        taken = []
        for _ in range(claims):
            async with connection.transaction():
                # Without the commit, which costs the same everywhere, and most of what varies.
                began = perf_counter()
                ids, tokens = await _claim(connection, size)
                taken.append(perf_counter() - began)
            await connection.execute("select fleet.finish($1, $2, $3)", ids, tokens, [None] * size)
            await connection.execute(_ENQUEUE, size)
        milliseconds[_name(size)] = median(taken) * 1000
    return milliseconds


async def _claim(connection: Connection, size: int) -> tuple[list[int], list[int]]:
    claimed = await connection.fetch(
        "select id, token, args from fleet.claim($1, '{benchmark_noop}', '{benchmark}', $2)", WORKER, [size]
    )
    if len(claimed) != size:
        raise AssertionError(f"the claim got {len(claimed)} of {size} jobs")
    ordered = sorted((row["id"], row["token"]) for row in claimed)
    return [job for job, _ in ordered], [token for _, token in ordered]


def _name(size: int) -> str:
    return f"claim of {size}"


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    backlogs = {SHALLOW: (READY, 0), DEEP: (scale.jobs, 0), BLOCKED: (READY, MAY_NOT_RUN)}
    contenders: dict[str, Run] = {}
    async with AsyncExitStack() as opened:
        for name, (ready, may_not_run) in backlogs.items():
            url = await opened.enter_async_context(ground.database("fleet", noop.prepare))
            connection = await opened.enter_async_context(connect(url, application=APPLICATION))
            await fill(connection, ready, may_not_run)
            contenders[name] = partial(measure, connection)
        rounds = await interleave(contenders, scale.rounds, probe)
    goal = Goal(of="ratio", at_most=1.2)
    return [
        beside(
            Asked(question="claim_backlog", figure=f"{_name(size)}, {name}", unit="ms", goal=goal),
            rounds.of(name, _name(size)),
            SHALLOW,
            rounds.of(SHALLOW, _name(size)),
        )
        for name in (DEEP, BLOCKED)
        for size in SIZES
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale(jobs=5_000_000)))
