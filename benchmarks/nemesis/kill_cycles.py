"""How soon jobs run again when their worker is killed: python -m benchmarks.nemesis.kill_cycles [CYCLES] [LEASE].

Of four workers two are killed again and again, while producers enqueue and handlers end in every way. The others are
there to take over, so that what is measured is not the start of a process: two, as one of them may have a job to run
alone. Jobs that have lost two workers and wait for that are a figure of their own.
"""

import os
import sys
from datetime import timedelta

from benchmarks.nemesis.figure import Figure, arguments, tell
from benchmarks.nemesis.soak import Plan, soak

GOAL = 2.0


async def kill_cycles(cycles: int, lease: timedelta) -> Figure:
    plan = Plan(
        seconds=1,
        seed=cycles,
        cycles=cycles,
        lease=lease,
        to_workers=("kill",),
        to_server=(),
        workers=4,
        attacked=2,
        slots=40,
        pace=0.5,
        pause=0.2,
    )
    findings = await soak(plan, dict(os.environ))
    rescue, alone = findings.rescue.get("kill"), findings.alone.get("kill")
    times = {} if rescue is None else {"rescued": rescue.jobs, "p50": rescue.p50, "p99": rescue.p99, "max": rescue.max}
    if alone is not None:
        times |= {"alone": alone.jobs, "alone_p50": alone.p50, "alone_max": alone.max}
    return Figure(
        name="kill -9: seconds until a job runs again",
        count=findings.faults.get("kill", 0),
        measured={
            "acknowledged": findings.acknowledged,
            "lost": findings.lost,
            "stale": findings.stale,
            "unexplained": findings.duplicated + findings.unexplained,
            **times,
        },
        goal={"lost": 0, "stale": 0, "unexplained": 0, "p99": GOAL},
        violations=findings.violations,
    )


if __name__ == "__main__":
    count, seconds = arguments(1000, 15)
    sys.exit(tell(lambda: kill_cycles(int(count), timedelta(seconds=seconds))))
