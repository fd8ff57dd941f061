"""How many jobs a second are enqueued in bulk, beside a raw COPY of the same values into a table with a key alone.

enqueue_bulk is measured with all its jobs, enqueue_many, which is one statement, with a tenth of them; the others with
what each has for many: python -m benchmarks.bulk_enqueue.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from time import perf_counter

from benchmarks import noop
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.ground import APPLICATION, LONG, Ground, settle
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Run, interleave
from benchmarks.others import Other, client_of, database_of, find
from fleet.db import connect
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.enqueue import enqueue_many

OURS, RAW = "enqueue_bulk", "COPY"
MANY = "enqueue_many"
_MANY_SHARE = 10
_COLUMNS = ("kind", "queue", "state", "priority", "args", "max_attempts", "traceparent", "enqueued_at", "run_at")
_BARE = """
    create table bare (
        id bigint generated always as identity primary key, kind text, queue text, state fleet.job_state,
        priority smallint, args jsonb, max_attempts smallint, traceparent text, enqueued_at timestamptz,
        run_at timestamptz
    )
"""


async def enqueue_ours(ground: Ground, jobs: int) -> Mapping[str, float]:
    async with ground.database("fleet", noop.prepare) as url, connect(url, application=APPLICATION) as connection:
        await settle(connection)
        wanted = [noop.Noop(number=number) for number in range(jobs)]
        began = perf_counter()
        await enqueue_bulk(connection, wanted)
        bulk = jobs / (perf_counter() - began)
        await connection.execute("truncate fleet.job")
        some = wanted[: max(1, jobs // _MANY_SHARE)]
        began = perf_counter()
        await enqueue_many(connection, some)
        return {OURS: bulk, MANY: len(some) / (perf_counter() - began)}


async def copy(ground: Ground, jobs: int) -> Mapping[str, float]:
    async with ground.database("fleet", noop.prepare) as url, connect(url, application=APPLICATION) as connection:
        await connection.execute(_BARE)
        await enqueue_bulk(connection, (noop.Noop(number=number) for number in range(jobs)))
        # Made before the clock starts: only the COPY itself is the yardstick.
        values = [tuple(row) for row in await connection.fetch(f"select {', '.join(_COLUMNS)} from fleet.job")]  # noqa: S608  # constants
        await settle(connection)
        began = perf_counter()
        await connection.copy_records_to_table("bare", columns=_COLUMNS, records=values, timeout=LONG)
        return {RAW: jobs / (perf_counter() - began)}


async def enqueue_other(other: Other, ground: Ground, jobs: int) -> Mapping[str, float]:
    async with database_of(other, ground) as url, client_of(other, url) as client:
        # A tenth of them where a whole round of drains would take a hundredth.
        jobs = max(other.jobs(jobs), jobs // 10)
        answer = await client.bulk(jobs)
    return {"bulk": jobs / answer.seconds}


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    contenders: dict[str, Run] = {
        OURS: partial(enqueue_ours, ground, scale.jobs),
        RAW: partial(copy, ground, scale.jobs),
    }
    others = await find(scale.peers)
    for other in others:
        contenders[other.name] = partial(enqueue_other, other, ground, scale.jobs)
    rounds = await interleave(contenders, scale.rounds, probe)
    bulk = Asked(question="bulk_enqueue", figure="rate", unit="jobs/s")
    bounded = Asked(question="bulk_enqueue", figure="rate", unit="jobs/s", goal=Goal(of="ratio", at_least=0.7))
    many = Asked(question="bulk_enqueue", figure="rate of enqueue_many", unit="jobs/s")
    ours, theirs = rounds.of(OURS, OURS), rounds.of(RAW, RAW)
    return [
        beside(bounded, ours, RAW, theirs),
        beside(many, rounds.of(OURS, MANY), RAW, theirs),
        *(beside(bulk, ours, other.name, rounds.of(other.name, "bulk")) for other in others),
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale()))
