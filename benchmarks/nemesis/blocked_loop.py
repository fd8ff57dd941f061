"""Whether a handler that blocks its loop for ten leases keeps its job.

python -m benchmarks.nemesis.blocked_loop [COUNT] [LEASE]
"""

import os
import sys
from collections import Counter
from datetime import timedelta

from benchmarks.nemesis.crew import open_crew, starts_of
from benchmarks.nemesis.figure import Figure, arguments, tell
from benchmarks.nemesis.kinds import Work
from benchmarks.nemesis.soak import Plan, open_setting
from fleet.testing.until import until

LEASES = 10


async def blocked_loop(count: int, lease: timedelta) -> Figure:
    async with open_setting(Plan(seconds=0, seed=count, lease=lease), dict(os.environ)) as (setting, _):
        blocked = (LEASES * lease).total_seconds()
        jobs = [Work(mark=str(number), act="block", seconds=blocked) for number in range(count)]
        async with open_crew(setting, "blocked", jobs) as crew:

            async def decided() -> bool:
                ended = await setting.pool.fetchval("select not exists (select from fleet.job)")
                return bool(ended) or len(starts_of(setting)) > count

            await until(decided, within=LEASES * lease * 2 + timedelta(seconds=30), what="every job has ended")
            starts = Counter(event.job for event in starts_of(setting))
    return Figure(
        name=f"starts of a job whose handler blocks the loop for {LEASES} leases",
        count=len(crew.jobs),
        measured={"most_starts": max(starts.values())},
        goal={"most_starts": 1},
    )


if __name__ == "__main__":
    number, lease_seconds = arguments(3, 1)
    sys.exit(tell(lambda: blocked_loop(int(number), timedelta(seconds=lease_seconds))))
