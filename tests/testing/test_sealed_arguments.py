"""Jobs with sealed arguments, in tests that have the keys."""

from typing import ClassVar

from fleet.db import Connection
from fleet.queue.context import Context
from fleet.queue.enqueue import declare, enqueue
from fleet.queue.job import Job
from fleet.queue.sealed import Sealed
from fleet.sealing import Opener, OpeningKeys, Sealer
from fleet.testing.capture import Capture
from fleet.testing.work import work

KEYS = OpeningKeys.generate()
SEALER = Sealer(KEYS.sealing_key)
OPENER = Opener(KEYS)


class LogIn(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "log_in_to_shop"
    queue: ClassVar[str] = "log_ins"

    password: Sealed


async def test_a_handler_alone_reads_what_was_sealed() -> None:
    read: list[str] = []

    async def log_in(job: LogIn, _: Context) -> None:
        read.append(job.password.reveal())

    worked = await work(log_in, LogIn(password=Sealed("correct horse")), seal=SEALER, unseal=OPENER)

    assert worked.result is None
    assert read == ["correct horse"]


async def test_a_captured_job_is_opened(capture: Capture, conn: Connection) -> None:
    await declare(conn, [LogIn])

    async with capture() as captured:
        await enqueue(conn, LogIn(password=Sealed("correct horse")), seal=SEALER)

    assert captured.one(LogIn, OPENER).job.password.reveal() == "correct horse"
