"""Where the time of a drain goes: in the server by function, in the worker by module.

One drain is measured as it is, with the server's own account of its functions; in another one the worker runs under
Python's profiler, which makes it slower and small functions dearer than they are, so that only shares are told of it.
Prints JSON lines: python -m benchmarks.profile.
"""

import pstats
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import noop
from benchmarks.draining import SLOTS, rate_until_empty
from benchmarks.frame.finding import Asked, Finding, alone
from benchmarks.frame.fleet_workers import open_workers
from benchmarks.frame.ground import APPLICATION, LONG, Ground, settle
from benchmarks.frame.probe import Probe
from benchmarks.frame.process import ROOT, open_python, stopped
from benchmarks.frame.question import Scale, main
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.queue.bulk import enqueue_bulk

_SETTINGS = {"track_functions": "all"}
_FUNCTIONS = """
    select funcname as name, self_time * 1000 / $1::float8 as microseconds from pg_stat_user_functions
    where self_time * 1000 / $1::float8 >= 0.1 order by self_time desc
"""
# What takes less of the worker's time is told together.
_LEAST_SHARE = 0.02


async def _prepare(connection: Connection, jobs: int) -> None:
    await enqueue_bulk(connection, (noop.Noop(number=number) for number in range(jobs)))
    await connection.execute("select fleet.pause($1)", noop.QUEUE)
    await settle(connection)
    await connection.execute("select pg_stat_reset()")


async def _by_function(ground: Ground, jobs: int) -> Mapping[str, float]:
    """Return the microseconds of a job, by who took them."""
    async with (
        ground.database("fleet", noop.prepare) as url,
        connect(url, application=APPLICATION) as connection,
    ):
        await _prepare(connection, jobs)
        environment = {"BENCHMARK_SLOTS": str(SLOTS)}
        async with open_workers(connection, url, 1, environment=environment) as workers:
            worker, server = workers.cpu(), ground.usage().cpu
            await connection.execute("select fleet.resume($1)", noop.QUEUE)
            rate = await rate_until_empty(connection, "fleet.job", jobs)
            worker, server = workers.cpu() - worker, ground.usage().cpu - server
            await workers.stop()
        rows = await connection.fetch(_FUNCTIONS, jobs, timeout=LONG)
        return {
            "from one job to the next": 1_000_000 / rate,
            "the worker's core": worker / jobs * 1_000_000,
            "the server's cores": server / jobs * 1_000_000,
            **{f"in {row['name']}, waits included": row["microseconds"] for row in rows},
        }


async def _by_module(ground: Ground, jobs: int) -> Mapping[str, float]:
    """Return the share of the worker's time, by module."""
    async with AsyncExitStack() as opened:
        url = await opened.enter_async_context(ground.database("fleet", noop.prepare))
        connection = await opened.enter_async_context(connect(url, application=APPLICATION))
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        await _prepare(connection, jobs)
        await connection.execute("select fleet.resume($1)", noop.QUEUE)
        return _shares(await _profile(connection, url, folder / "worker.pstats", jobs))


async def _profile(connection: Connection, url: DatabaseUrl, file: Path, jobs: int) -> pstats.Stats:
    command = ("-o", str(file), "-m", "benchmarks.worker")
    async with open_python("cProfile", url, *command, environment={"BENCHMARK_SLOTS": str(SLOTS)}) as worker:
        await rate_until_empty(connection, "fleet.job", jobs)
        await stopped(worker)
    return pstats.Stats(str(file))


def _shares(profile: pstats.Stats) -> Mapping[str, float]:
    seconds = Counter[str]()
    for (file, _, function), (_, _, own, _, _) in profile.stats.items():  # type: ignore[attr-defined]  # undocumented
        # What waits for the sockets is not at work.
        if "run_until_complete" not in function and "poll" not in function:
            seconds[_module(file)] += own
    whole = sum(seconds.values())
    shares = {module: taken / whole for module, taken in seconds.most_common() if taken / whole >= _LEAST_SHARE}
    return {**shares, "everything else": 1 - sum(shares.values())}


def _module(file: str) -> str:
    if file in {"~", ""}:
        return "functions written in C"
    path = Path(file)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(ROOT))
    parts = path.parts
    return parts[parts.index("site-packages") + 1] if "site-packages" in parts else "Python's library"


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    runs = []
    for _ in range(scale.rounds):
        await probe.take()
        runs.append(await _by_function(ground, scale.jobs))
    shares = await _by_module(ground, scale.jobs)
    told = [name for name in runs[0] if all(name in run for run in runs)]
    return [
        *(alone(Asked(question="profile", figure=name, unit="µs/job"), [run[name] for run in runs]) for name in told),
        *(
            alone(Asked(question="profile", figure=f"worker: {name}", unit="share"), [of])
            for name, of in shares.items()
        ),
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale(rounds=3), _SETTINGS))
