"""How many jobs a second are enqueued one by one, each in a transaction of its own, beside a plain INSERT's.

By one connection and by eight, while the fleet is busy: a worker is there, and each of its slots is taken. What other
queues do with as many connections is told beside it, without a worker of theirs: python -m benchmarks.single_enqueue.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from time import perf_counter

import anyio

from benchmarks import noop, raw
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.fleet_workers import open_workers
from benchmarks.frame.ground import APPLICATION, Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Run, interleave
from benchmarks.others import Other, client_of, database_of, find
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.queue.enqueue import enqueue
from fleet.testing.until import until

OURS, RAW = "fleet", "INSERT"
# How many connections, and how many enqueues of each one are timed.
COUNTS = {1: 600, 8: 300}
_SLOTS = 4
_PATIENCE = timedelta(seconds=20)

Add = Callable[[Connection, int], Awaitable[object]]


async def enqueue_ours(ground: Ground) -> Mapping[str, float]:
    async def add(connection: Connection, number: int) -> None:
        await enqueue(connection, noop.Noop(number=number))

    async with (
        ground.database("fleet", noop.prepare) as url,
        connect(url, application=APPLICATION) as connection,
        open_workers(connection, url, 1, environment={"BENCHMARK_SLOTS": str(_SLOTS)}),
    ):
        for _ in range(_SLOTS):
            await enqueue(connection, noop.Hold())

        async def busy() -> bool:
            running = await connection.fetchval("select count(*) from fleet.job where state = 'running'")
            return bool(running == _SLOTS)

        await until(busy, within=_PATIENCE, what="each slot is taken")
        return await _rates(url, add)


async def insert(ground: Ground) -> Mapping[str, float]:
    async def add(connection: Connection, number: int) -> None:
        await connection.fetchval(f"{raw.ADD} returning id", f'{{"number": {number}}}')

    async with ground.database("raw", raw.prepare) as url:
        return await _rates(url, add)


async def enqueue_other(other: Other, ground: Ground) -> Mapping[str, float]:
    rates = {}
    async with database_of(other, ground) as url, client_of(other, url) as client:
        for connections, each in COUNTS.items():
            answer = await client.single(connections * each, at_once=connections)
            rates[_name(connections)] = connections * each / answer.seconds
    return rates


async def _rates(url: DatabaseUrl, add: Add) -> Mapping[str, float]:
    rates = {}
    async with AsyncExitStack() as connected:
        opened = [
            await connected.enter_async_context(connect(url, application=APPLICATION)) for _ in range(max(COUNTS))
        ]
        for connection in opened:
            await add(connection, 0)
        for connections, each in COUNTS.items():
            began = perf_counter()
            async with anyio.create_task_group() as tasks:
                for connection in opened[:connections]:
                    tasks.start_soon(_add_many, add, connection, each)
            rates[_name(connections)] = connections * each / (perf_counter() - began)
    return rates


async def _add_many(add: Add, connection: Connection, count: int) -> None:
    for number in range(count):
        await add(connection, number)


def _name(connections: int) -> str:
    return f"rate on {connections} connection{'s' * (connections > 1)}"


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    contenders: dict[str, Run] = {OURS: partial(enqueue_ours, ground), RAW: partial(insert, ground)}
    for other in await find(scale.peers):
        contenders[other.name] = partial(enqueue_other, other, ground)
    rounds = await interleave(contenders, scale.rounds, probe)
    findings = []
    for peer in list(contenders)[1:]:
        goal = Goal(of="ratio", at_least=0.8) if peer == RAW else None
        for name in map(_name, COUNTS):
            asked = Asked(question="single_enqueue", figure=name, unit="jobs/s", goal=goal)
            findings.append(beside(asked, rounds.of(OURS, name), peer, rounds.of(peer, name)))
    return findings


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale()))
