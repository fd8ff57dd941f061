"""How soon a worker works again when its database is back: python -m benchmarks.nemesis.outage [COUNT] [SECONDS].

In turns, PostgreSQL crashes and is away for so many seconds, all connections of the worker are ended, and all go silent
and stay open. Measured is until the same process begins another job: from when the server answers again, from
when the connections were ended, and from when they went silent.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from time import monotonic

import anyio

from benchmarks.nemesis.crew import starts_of
from benchmarks.nemesis.figure import Figure, arguments, tell
from benchmarks.nemesis.kinds import QUEUE, Work
from benchmarks.nemesis.lives import Setting, open_life
from benchmarks.nemesis.server import LastingServer
from benchmarks.nemesis.soak import Plan, open_setting
from fleet.db import ConnectionFailure, ServerError, connect
from fleet.errors import DatabaseUnavailable
from fleet.queue.enqueue import enqueue
from fleet.testing.process import WorkerProcess
from fleet.testing.until import until

GOALS = {"down": 3.0, "terminated": 3.0, "half_open": 15.0}
_PATIENCE = timedelta(seconds=60)
# Of both a worker's own connections and those of its keeper.
_OF_WORKERS = "^fleet-(testing|listen|lease|keep)"


async def outage(count: int, away: timedelta) -> Figure:
    seconds: dict[str, list[float]] = defaultdict(list)
    violations: list[str] = []
    lease = timedelta(seconds=15)
    async with open_setting(Plan(seconds=0, seed=count, lease=lease), dict(os.environ)) as (setting, server):
        strike: dict[str, Callable[[WorkerProcess], Awaitable[float]]] = {
            "down": partial(_down, server, away),
            "terminated": partial(_terminated, setting),
            "half_open": _half_open,
        }
        async with open_life(setting, "outage") as worker:
            await _begun(setting, await _add(setting))
            for _ in range(count):
                for kind, happen in strike.items():
                    healed_at = await happen(worker)
                    began_at = await _begun(setting, await _add(setting))
                    seconds[kind].append(began_at - healed_at)
                    await worker.heal()
            if worker.dead:
                violations.append("the worker has ended")
    return Figure(
        name="outages: seconds until the same worker begins another job",
        count=count * len(GOALS),
        measured={kind: round(max(times), 3) for kind, times in seconds.items()},
        goal=GOALS,
        violations=violations,
    )


async def _down(server: LastingServer, away: timedelta, _worker: WorkerProcess) -> float:
    await server.stay_away(away)
    return monotonic()


async def _terminated(setting: Setting, _worker: WorkerProcess) -> float:
    ended = await setting.pool.fetchval(
        "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity where application_name ~ $1",
        _OF_WORKERS,
    )
    if not ended:
        raise AssertionError("the worker had no connections")
    return monotonic()


async def _half_open(worker: WorkerProcess) -> float:
    await worker.half_open()
    return monotonic()


async def _add(setting: Setting) -> int:
    while True:
        try:
            async with connect(setting.url, application="nemesis-hand") as connection:
                return (await enqueue(connection, Work(mark="after"), queue=QUEUE)).id
        except (*ConnectionFailure, ServerError, DatabaseUnavailable):
            await anyio.sleep(0.05)


async def _begun(setting: Setting, job: int) -> float:
    async def found() -> float | None:
        return next((event.at for event in starts_of(setting) if event.job == job), None)

    return await until(found, within=_PATIENCE, what="another job has begun")


if __name__ == "__main__":
    number, seconds_away = arguments(5, 6)
    sys.exit(tell(lambda: outage(int(number), timedelta(seconds=seconds_away))))
