"""A worker that forgets a wake-up because it came at the wrong moment finds the job only when it polls.

The moment is the round trip of a claim that finds nothing: its answer is still on the way when the next job is there.
"""

from datetime import timedelta

from fleet.db import Pool, open_pool
from fleet.queue.context import Context
from fleet.queue.wake import POLL_LISTENING
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.defects.at_work import at_work
from tests.defects.proxy import open_proxy
from tests.queue.kinds import Greet
from tests.queue.runtime.conftest import Ask

WAKE = b"fleet_wake\0greetings\0"
SOON = timedelta(seconds=5)

# What the server was last asked on the connection that is held back.
CLAIMED = "application_name = 'held back' and state = 'idle' and query like '%fleet.claim%'"
NAPPING = "application_name = 'held back' and state = 'idle' and clock_timestamp() - state_change > interval '200 ms'"


async def test_a_wake_up_that_arrives_while_an_empty_claim_is_under_way_is_not_lost(
    ask: Ask, pool: Pool, database: Database
) -> None:
    assert SOON < POLL_LISTENING / 2

    async def greet(_job: Greet, _: Context) -> None: ...

    async with (
        open_proxy(database.url) as proxy,
        open_proxy(database.url) as ears,
        # One connection, so that what is asked on it is asked one after the other.
        open_pool(proxy.url, application="held back", size=1) as slow,
        at_work(slow, ears.url, greet, reconcile_pause=timedelta(hours=1)),
    ):

        async def seen(activity: str) -> int:
            return int(await pool.fetchval(f"select count(*) from pg_stat_activity where {activity}"))

        async def heard(times: int) -> bool:
            return ears.answers.passed.count(WAKE) >= times

        # By its first job the worker has asked once for everything, and made its statements known.
        await ask.finished(await ask.enqueue(Greet()))
        await until(lambda: seen(NAPPING), what="the worker sleeps")

        proxy.answers.hold()
        await pool.execute("select pg_notify('fleet_wake', 'greetings')")
        await until(lambda: seen(CLAIMED), what="a claim has found nothing")
        woken = ears.answers.passed.count(WAKE)
        job = await ask.enqueue(Greet())
        await until(lambda: heard(woken + 1), what="the wake-up has arrived")
        proxy.answers.let_go()

        ended = await ask.finished(job, within=SOON)

    assert ended["outcome"] == "done"
