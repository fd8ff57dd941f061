"""How soon jobs run again when a machine is gone: python -m benchmarks.nemesis.host_loss [COUNT] [LEASE].

The worker and all it has started are stopped, or cut off from the database with every connection left open. None of the
jobs is in the middle of a transaction of context.finish: that holds the job's row until the server ends the session.
"""

import os
import sys
from datetime import timedelta

from benchmarks.nemesis.figure import Figure, arguments, tell
from benchmarks.nemesis.soak import Plan, soak

GOAL = 20.0
KINDS = ("freeze", "partition")


async def host_loss(count: int, lease: timedelta) -> Figure:
    plan = Plan(
        seconds=1,
        seed=count,
        cycles=count,
        lease=lease,
        to_workers=KINDS,
        to_server=(),
        workers=3,
        attacked=2,
        leases=(1.4, 1.5),
        without=("finish",),
        slots=40,
        pause=0.2,
    )
    findings = await soak(plan, dict(os.environ))
    rescues = [(kind, rescue) for times in (findings.rescue, findings.alone) for kind, rescue in times.items()]
    slowest = {kind: max(rescue.max for of, rescue in rescues if of == kind) for kind in KINDS if kind in dict(rescues)}
    return Figure(
        name="host loss: seconds until a job runs again",
        count=sum(findings.faults.values()),
        measured={"rescued": sum(rescue.jobs for _, rescue in rescues), **slowest},
        goal=dict.fromkeys(KINDS, GOAL * lease.total_seconds() / 15),
        violations=findings.violations,
    )


if __name__ == "__main__":
    number, seconds = arguments(30, 15)
    sys.exit(tell(lambda: host_loss(int(number), timedelta(seconds=seconds))))
