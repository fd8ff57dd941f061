"""What SIGTERM costs: python -m benchmarks.nemesis.stop [COUNT] [BUDGET] [AT_ONCE].

Each worker holds a job that is far longer than the budget of its stop. Measured are the seconds from SIGTERM to the end
of the process, and from the moment the job is handed back until it runs in another process. With a budget of 0 the
workers are killed a moment after SIGTERM, and counted is from SIGTERM on.
"""

import os
import sys
import time
from datetime import timedelta
from functools import partial

import anyio
import msgspec

from benchmarks.nemesis.crew import Crew, open_crew, started
from benchmarks.nemesis.figure import Figure, arguments, quantiles, tell
from benchmarks.nemesis.kinds import Work
from benchmarks.nemesis.lives import Setting
from benchmarks.nemesis.soak import Plan, open_setting
from fleet.testing.process import WorkerProcess

MARGIN = 2.0
AGAIN, AGAIN_AT_ONCE = 1.0, 5.0
_KILLED_AFTER = timedelta(milliseconds=200)
_LONG = 3600.0


class Stopped(msgspec.Struct):
    """How long *exits* took, and until jobs ran *again*."""

    exits: list[float] = msgspec.field(default_factory=list)
    again: list[float] = msgspec.field(default_factory=list)
    violations: list[str] = msgspec.field(default_factory=list)


async def stop(count: int, budget: timedelta, at_once: int) -> Figure:
    stopped = Stopped()
    plan = Plan(seconds=0, seed=count, lease=timedelta(seconds=15), drain=budget)
    async with open_setting(plan, dict(os.environ)) as (setting, _):
        for first in range(0, count, at_once):
            jobs = [Work(mark=str(number), seconds=_LONG) for number in range(first, min(first + at_once, count))]
            async with open_crew(setting, f"r{first}", jobs) as crew:
                await _stop_all(setting, crew, budget, stopped)
            await setting.pool.execute("delete from fleet.job")
    exits, again = quantiles(stopped.exits), quantiles(stopped.again)
    hurried = not budget
    measured = {f"again_{name}": seconds for name, seconds in again.items()}
    measured |= {f"exit_{name}": seconds for name, seconds in exits.items()}
    goal = {"again_max": AGAIN_AT_ONCE} if hurried else {"again_max": AGAIN}
    if not hurried:
        goal["exit_max"] = budget.total_seconds() - MARGIN
    return Figure(
        name=f"SIGTERM with a budget of {budget.total_seconds():g} s",
        count=len(stopped.exits),
        measured=measured,
        goal=goal,
        violations=stopped.violations,
    )


async def _stop_all(setting: Setting, crew: Crew, budget: timedelta, stopped: Stopped) -> None:
    offset = time.time() - time.monotonic()
    asked = time.monotonic()
    async with anyio.create_task_group() as stopping:
        for worker in crew.workers:
            stopping.start_soon(partial(_stop_one, worker, budget, stopped))
    again = await started(setting, crew.jobs, times=2)
    rows = await setting.pool.fetch(
        "select job_id, ended_at from fleet.attempt where job_id = any($1) and token = 1", crew.jobs
    )
    handed_back = {row["job_id"]: row["ended_at"].timestamp() - offset for row in rows}
    for job, start in again.items():
        stopped.again.append(start.at - (handed_back[job] if budget else asked))


async def _stop_one(worker: WorkerProcess, budget: timedelta, stopped: Stopped) -> None:
    asked = time.monotonic()
    code: int | None = None
    # Twice the budget, so that one that is overrun is measured too.
    patience = 2 * budget or _KILLED_AFTER
    with anyio.move_on_after(patience.total_seconds()):
        code = await worker.terminate(within=2 * patience)
    if code is None:
        await worker.kill()
    elif code != 0:
        stopped.violations.append(f"{worker.name} ended with {code}")
    stopped.exits.append(time.monotonic() - asked)


if __name__ == "__main__":
    number, budget_seconds, together = arguments(20, 30, 10)
    sys.exit(tell(lambda: stop(int(number), timedelta(seconds=budget_seconds), int(together))))
