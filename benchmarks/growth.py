"""What a job costs in bytes, and what a turn of fifty jobs costs with many workers or many tenants.

Bytes are those of the write-ahead log, which a replica and a backup also have to carry, and those that stay in the
history. A turn is a claim of fifty jobs and their end, in three databases of one server that take turns: few of
everything, a thousand workers that live, and ten thousand tenants with a limit each and jobs held behind it. Prints
JSON lines: python -m benchmarks.growth.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from statistics import median
from time import perf_counter
from uuid import UUID

from benchmarks import noop
from benchmarks.frame.finding import Asked, Finding, alone, beside
from benchmarks.frame.ground import APPLICATION, LONG, Ground, settle
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Run, interleave
from fleet.db import Connection, connect
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.enqueue import enqueue

FEW, WORKERS, TENANTS = "few of everything", "1,000 workers", "10,000 tenants with 10 jobs each"
WORKER = UUID(int=1)
SIZE = 50
TURNS = 20
# Enough that pages which are written whole for the first time are few beside the rest.
SAMPLE = 20_000
SINGLE = 2000

_READY = "insert into fleet.job (kind, queue) select 'benchmark_noop', 'benchmark' from generate_series(1, 20000)"
_REGISTER = """
    select fleet.register_worker(gen_random_uuid(), 's', 'r', 'v', 1, '{benchmark}', '{benchmark_noop}', '1 day')
    from generate_series(1, 1000)
"""
# As claims have left them: one job of each tenant admitted, and the others held behind it.
_TENANTS = """
    select fleet.limit_keys('benchmark', 1);
    insert into fleet.job (kind, queue, state, fair_key)
    select 'benchmark_noop', 'benchmark', case when number > 10000 then 'held' else 'ready' end::fleet.job_state,
        'tenant ' || number % 10000
    from generate_series(1, 100000) as number
"""
_FILLED = {FEW: (_READY,), WORKERS: (_READY, _REGISTER), TENANTS: (_TENANTS,)}
_HISTORY = """
    select sum(pg_total_relation_size(inhrelid)) / $1::float8 from pg_inherits
    where inhparent = 'fleet.job_history'::regclass
"""


async def weigh(ground: Ground) -> Mapping[str, float]:
    """Return the bytes of a job, by what is done with it."""
    async with (
        ground.database("fleet", noop.prepare) as url,
        connect(url, application=APPLICATION) as connection,
    ):
        empty = await connection.fetchval(_HISTORY, SAMPLE)
        await _register(connection)
        await connection.execute("checkpoint")
        begun = await _written(connection)
        for number in range(SINGLE):
            await enqueue(connection, noop.Noop(number=number))
        single = await _written(connection)
        await enqueue_bulk(connection, (noop.Noop(number=number) for number in range(SAMPLE)))
        bulk = await _written(connection)
        waiting = await connection.fetchval("select pg_total_relation_size('fleet.job')::float8")
        await settle(connection)
        resumed = await _written(connection)
        run = 0
        while await _turn(connection):
            run += SIZE
        finished = await _written(connection)
        return {
            "write-ahead log of an enqueue": (single - begun) / SINGLE,
            "write-ahead log of an enqueue in bulk": (bulk - single) / SAMPLE,
            "write-ahead log of a run": (finished - resumed) / run,
            "a job that waits, its indexes included": waiting / (SAMPLE + SINGLE),
            "history of a job, its indexes included": await connection.fetchval(_HISTORY, SAMPLE + SINGLE) - empty,
        }


async def measure(connection: Connection) -> Mapping[str, float]:
    """Return the milliseconds of the middle one of some turns, without their commits."""
    taken = []
    for _ in range(TURNS):
        async with connection.transaction():
            began = perf_counter()
            if not await _turn(connection):
                raise AssertionError("there was nothing to claim")
            taken.append(perf_counter() - began)
    return {"turn": median(taken) * 1000}


async def _turn(connection: Connection) -> bool:
    claimed = await connection.fetch(
        "select id, token from fleet.claim($1, '{benchmark_noop}', '{benchmark}', $2)", WORKER, [SIZE]
    )
    ordered = sorted((row["id"], row["token"]) for row in claimed)
    ids, tokens = [job for job, _ in ordered], [token for _, token in ordered]
    await connection.fetch("select fleet.finish($1, $2, $3)", ids, tokens, [None] * len(ids))
    return len(claimed) == SIZE


async def _register(connection: Connection) -> None:
    await connection.execute(
        "select fleet.register_worker($1, 's', 'r', 'v', 1, '{benchmark}', '{benchmark_noop}', '1 day')", WORKER
    )


async def _written(connection: Connection) -> float:
    return float(await connection.fetchval("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    weights = [await weigh(ground) for _ in range(scale.rounds)]
    contenders: dict[str, Run] = {}
    async with AsyncExitStack() as opened:
        for name, statements in _FILLED.items():
            url = await opened.enter_async_context(ground.database("fleet", noop.prepare))
            connection = await opened.enter_async_context(connect(url, application=APPLICATION))
            await _register(connection)
            for statement in statements:
                await connection.execute(statement, timeout=LONG)
            await settle(connection)
            contenders[name] = partial(measure, connection)
        rounds = await interleave(contenders, scale.rounds, probe)
    bytes_of = [
        alone(Asked(question="growth", figure=figure, unit="bytes"), [one[figure] for one in weights])
        for figure in weights[0]
    ]
    turns = [
        beside(
            Asked(question="growth", figure=f"claim and end of {SIZE}, {name}", unit="ms"),
            rounds.of(name, "turn"),
            FEW,
            rounds.of(FEW, "turn"),
        )
        for name in (WORKERS, TENANTS)
    ]
    return [*bytes_of, *turns]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale(rounds=3)))
