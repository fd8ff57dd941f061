"""The job of the benchmarks, of which a handler has nothing to do."""

from typing import ClassVar

from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.migrate import migrate
from fleet.queue.enqueue import declare
from fleet.queue.job import Job

QUEUE = "benchmark"


class Noop(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "benchmark_noop"
    queue: ClassVar[str] = QUEUE
    result: ClassVar[type[None]] = type(None)

    number: int


async def prepare(url: DatabaseUrl) -> None:
    """Make an empty database one that knows the job."""
    await migrate(url)
    async with connect(url, application="benchmark") as connection:
        await declare(connection, [Noop])
