"""A worker that stalls while it writes the end of a job comes back when the job is another worker's.

Its write names the claim it had, so nothing of the new run is touched: it is not marked as ended, and its row stays.
"""

from datetime import timedelta

import anyio

from fleet.db import Pool, open_pool
from fleet.queue.context import Context
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.defects.at_work import at_work
from tests.defects.proxy import open_proxy
from tests.queue.kinds import Greet, Greeting
from tests.queue.runtime.conftest import Ask

# Long enough that the stalled worker itself does not find out in time.
LONG = timedelta(minutes=5)

ASLEEP = """
    select count(*) from pg_stat_activity
    where application_name = 'stalled' and state = 'idle' and clock_timestamp() - state_change > interval '200 ms'
"""


async def test_the_late_finish_of_a_stalled_worker_leaves_the_run_of_the_new_one_alone(
    ask: Ask, pool: Pool, database: Database
) -> None:
    first_may_end, second_runs, second_may_end = anyio.Event(), anyio.Event(), anyio.Event()

    async def stall(_job: Greet, _: Context) -> Greeting:
        await first_may_end.wait()
        return Greeting("too late")

    async def greet(_job: Greet, _: Context) -> Greeting:
        second_runs.set()
        await second_may_end.wait()
        return Greeting("in time")

    async def begun_anew() -> bool:
        return bool(await pool.fetchval("select count(*) = 2 from fleet.worker where lease_until > now()"))

    async with (
        open_proxy(database.url) as proxy,
        open_pool(proxy.url, application="stalled", size=1) as stalled,
        at_work(stalled, database.url, stall, lease=LONG, reconcile_pause=LONG),
    ):

        async def finishing() -> bool:
            return bool(proxy.requests.held)

        job = await ask.enqueue(Greet())
        claimed = await ask.in_state(job, "running")
        await until(lambda: pool.fetchval(ASLEEP), what="the worker asks nothing")
        proxy.requests.hold()
        first_may_end.set()
        await until(finishing, what="its finish is on the way")
        await pool.execute("update fleet.worker set lease_until = now() - interval '1 s'")
        async with at_work(pool, database.url, greet):
            await second_runs.wait()
            taken = await ask.live(job)
            proxy.requests.let_go()
            # Having been answered it tries to claim, is told that its lease is gone, and begins anew.
            await until(begun_anew, within=timedelta(seconds=10))
            running = await ask.live(job)
            second_may_end.set()
            ended = await ask.finished(job)

    assert taken is not None
    assert (taken["state"], taken["attempt"]) == ("running", 2)
    assert taken["worker"] != claimed["worker"]
    assert running == taken
    assert (ended["outcome"], ended["result"]) == ("done", '{"text": "in time"}')
