"""What a job that kills its worker costs: python -m benchmarks.nemesis.deadly_job [COUNT] [LEASE].

Each is enqueued among neighbours that may be tried no more often than it; three workers are started again whenever
they end, as a platform does.
"""

import os
import sys
from collections import Counter
from datetime import timedelta
from functools import partial

import anyio
import structlog

from benchmarks.nemesis.crew import starts_of
from benchmarks.nemesis.figure import Figure, arguments, tell
from benchmarks.nemesis.kinds import Deadly
from benchmarks.nemesis.lives import Setting, ended_itself, open_life, seen_off
from benchmarks.nemesis.soak import Plan, open_setting
from fleet.queue.enqueue import enqueue_many
from fleet.testing.process import WorkerProcess
from fleet.testing.until import until

NEIGHBOURS, WORKERS = 20, 3
_SECONDS = 0.5
_PATIENCE, _LIFE = timedelta(seconds=30), timedelta(hours=1)


async def deadly_job(count: int, lease: timedelta) -> Figure:
    async with open_setting(Plan(seconds=0, seed=count, lease=lease), dict(os.environ)) as (setting, _):
        async with anyio.create_task_group() as places:
            for number in range(WORKERS):
                places.start_soon(_keep_place, setting, number)
            deadly = [await _run_one(setting, number) for number in range(count)]
            places.cancel_scope.cancel()
        starts = Counter(event.job for event in starts_of(setting))
        rows = await setting.pool.fetch("select id, outcome::text from fleet.job_history")
    outcomes = Counter(row["outcome"] for row in rows if row["id"] not in deadly)
    return Figure(
        name="kills by one job, and its neighbours that did not get done",
        count=count,
        measured={
            "most_kills": max(starts[job] for job in deadly),
            "neighbours": count * NEIGHBOURS,
            "neighbours_not_done": count * NEIGHBOURS - outcomes["done"],
        },
        goal={"most_kills": Deadly.policy.max_attempts, "neighbours_not_done": 0},
    )


async def _run_one(setting: Setting, number: int) -> int:
    """Run one deadly job among its neighbours until all have ended; returns its id."""
    jobs = [Deadly(mark=f"{number}.{neighbour}", seconds=_SECONDS) for neighbour in range(NEIGHBOURS)]
    jobs.insert(NEIGHBOURS // 2, Deadly(mark=str(number), act="kill"))

    async def ended() -> bool:
        return bool(await setting.pool.fetchval("select not exists (select from fleet.job)"))

    async with setting.pool.transaction() as connection:
        queued = await enqueue_many(connection, jobs)
    await until(ended, within=_PATIENCE + 10 * setting.lease, what="the job and its neighbours have ended")
    return queued[NEIGHBOURS // 2].id


async def _keep_place(setting: Setting, number: int) -> None:
    life = 0
    while True:
        life += 1
        try:
            async with open_life(setting, f"w{number}.{life}") as worker:
                await until(partial(_has_ended, worker), within=_LIFE, what="the worker ends")
                await seen_off(worker)
        except* AssertionError as killed:  # before it could be seen to work
            structlog.get_logger().debug("place.killed", deaths=len(killed.exceptions))


async def _has_ended(worker: WorkerProcess) -> bool:
    return await ended_itself(worker) is not None


if __name__ == "__main__":
    poison, lease_seconds = arguments(5, 2)
    sys.exit(tell(lambda: deadly_job(int(poison), timedelta(seconds=lease_seconds))))
