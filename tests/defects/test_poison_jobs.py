"""A job that kills whoever runs it must not go round for ever.

The attempt is counted when the job is claimed, so dying uses it up; and nothing that takes the job back allows it more.
"""

from datetime import timedelta

from fleet.queue.enqueue import declare, enqueue
from fleet.testing.database import Database
from tests.queue.kinds import Greet
from tests.queue.sql.session import LEASE, open_queue


async def test_a_job_that_kills_every_worker_is_started_as_often_as_it_may_be_tried_and_no_more(
    database: Database,
) -> None:
    starts = []
    async with open_queue(database.url) as queue:
        await declare(queue.connection, [Greet])
        poison = (await enqueue(queue.connection, Greet())).id
        for _ in range(10):
            claims = await queue.claim(await queue.worker(), queues=["greetings"], kinds=["greet"])
            starts += [(claim["attempt"], claim["max_attempts"]) for claim in claims]
            await queue.advance(LEASE + timedelta(seconds=1))
            await queue.rescue()
            live = await queue.live(poison)
            assert live is None or live["max_attempts"] == 3
        ended = await queue.finished(poison)

    assert starts == [(1, 3), (2, 3), (3, 3)]
    assert ended is not None
    assert (ended["outcome"], ended["attempt"], ended["max_attempts"]) == ("lost", 3, 3)
