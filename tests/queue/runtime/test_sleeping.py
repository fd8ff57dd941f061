"""Workers fall asleep over and over in the very moment in which jobs come in: none of them waits for a poll."""

from contextlib import AsyncExitStack
from datetime import timedelta
from random import Random

import anyio

from fleet.db import Connection, connect
from fleet.queue.enqueue import declare, enqueue
from fleet.queue.wake import POLL_LISTENING, WAKE, Alarm
from fleet.testing.database import Database
from tests.queue.kinds import Greet

# Far longer than it takes on a busy machine, and far shorter than a poll.
SOON = timedelta(seconds=10)
ENQUEUERS = 4
SLEEPERS = 3
ROUNDS = 150
TAKE = "delete from fleet.job where id = (select id from fleet.job limit 1 for update skip locked) returning id"


class Round:
    """So many jobs; the next ones come when all of them are taken, which is when everybody falls asleep."""

    def __init__(self, jobs: int) -> None:
        self.over = anyio.Event()
        self._left = jobs

    def take(self) -> None:
        self._left -= 1
        if not self._left:
            self.over.set()


class Sleeper:
    """What a worker does about sleep, around the least that can be called a claim; awake again after each job."""

    def __init__(self, listening: Connection, claiming: Connection) -> None:
        self.alarm = Alarm()
        self.naps = 0
        self.round = Round(0)
        self._listening = listening
        self._claiming = claiming

    async def work(self) -> None:
        await self._listening.add_listener(WAKE, lambda *_: self.alarm.ring())
        while True:
            self.alarm.clear()
            if await self._claiming.fetchval(TAKE):
                self.round.take()
                self.alarm.sleep.on(())
                await self.alarm.sleep.say(self._listening)
            elif self.alarm.sleep.on(["greetings"]):
                self.naps += 1
                await self.alarm.wait(POLL_LISTENING)
            else:
                await self.alarm.sleep.say(self._listening)


async def add(connection: Connection, random: Random) -> None:
    """Add one job around the time at which the others fall asleep, in a transaction that takes its time or none."""
    await connection.execute("select pg_sleep($1)", random.choice((0, 0, 0.0005, 0.002)))
    async with connection.transaction(isolation=random.choice(("read_committed", "repeatable_read"))):
        await enqueue(connection, Greet())
        if random.random() < 0.2:
            await connection.execute("select pg_sleep(0.001)")


async def test_of_jobs_that_come_while_workers_fall_asleep_each_is_noticed(
    database: Database, conn: Connection
) -> None:
    assert SOON < POLL_LISTENING / 2
    await declare(conn, [Greet])
    random = Random(1)

    async with AsyncExitStack() as connected, anyio.create_task_group() as working:

        async def open_connection() -> Connection:
            return await connected.enter_async_context(connect(database.url, application="fleet-tests"))

        sleepers = [Sleeper(await open_connection(), await open_connection()) for _ in range(SLEEPERS)]
        adding = [await open_connection() for _ in range(ENQUEUERS)]
        for sleeper in sleepers:
            working.start_soon(sleeper.work)
        for _ in range(ROUNDS):
            current = Round(ENQUEUERS)
            for sleeper in sleepers:
                sleeper.round = current
            with anyio.fail_after(SOON.total_seconds()):
                async with anyio.create_task_group() as coming:
                    for connection in adding:
                        coming.start_soon(add, connection, random)
                await current.over.wait()
        working.cancel_scope.cancel()

    # What nobody has slept through has not been tried.
    assert sum(sleeper.naps for sleeper in sleepers) > ROUNDS
