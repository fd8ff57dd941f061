"""Whether one error that cannot be stored delays other jobs: python -m benchmarks.nemesis.poison [JOBS].

One job among so many raises an error with a NUL byte and half a character. Measured is how long the others took from
their claim to their durable end; what they do takes no time.
"""

import os
import sys
from datetime import timedelta

from benchmarks.nemesis.figure import Figure, arguments, tell
from benchmarks.nemesis.kinds import QUEUE, Work
from benchmarks.nemesis.lives import open_life
from benchmarks.nemesis.soak import Plan, open_setting
from fleet.queue.enqueue import enqueue_many
from fleet.testing.until import until

GOAL = 1.0
_PATIENCE = timedelta(minutes=2)


async def poison(jobs: int) -> Figure:
    async with open_setting(Plan(seconds=0, seed=jobs, lease=timedelta(seconds=15)), dict(os.environ)) as (setting, _):
        pool = setting.pool
        work = [Work(mark=str(number), act="poison" if number == jobs // 2 else "rest") for number in range(jobs)]
        await pool.execute("select fleet.pause($1)", QUEUE)
        async with pool.transaction() as connection:
            bad = (await enqueue_many(connection, work, queue=QUEUE))[jobs // 2].id

        async def all_ended() -> bool:
            return bool(await pool.fetchval("select not exists (select from fleet.job)"))

        async with open_life(setting, "poison"):
            await pool.execute("select fleet.resume($1)", QUEUE)
            await until(all_ended, within=_PATIENCE, what="every job has ended")
        slowest = await pool.fetchval(
            "select max(extract(epoch from finished_at - claimed_at))::float from fleet.job_history where id <> $1", bad
        )
        not_done = await pool.fetchval("select count(*) from fleet.job_history where outcome <> 'done'")
        stored = await pool.fetchval("select error_message from fleet.attempt where job_id = $1", bad)
    return Figure(
        name="an error that cannot be stored: seconds from claim to durable end of the others",
        count=jobs,
        measured={"max": round(slowest, 3), "not_done": not_done},
        goal={"max": GOAL, "not_done": 0},
        violations=[] if stored else ["the bad job never raised"],
    )


if __name__ == "__main__":
    (number,) = arguments(10_000)
    sys.exit(tell(lambda: poison(int(number))))
