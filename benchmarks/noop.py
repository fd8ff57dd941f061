"""The jobs of the benchmarks, of which a handler has nothing to do.

python -m benchmarks.noop makes an empty database one that knows them.
"""

import os
from typing import ClassVar

import anyio

from fleet.config import DatabaseUrl, Settings, load
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


class Hold(Job, frozen=True, kw_only=True):
    """Takes a slot for as long as its worker is there."""

    kind: ClassVar[str] = "benchmark_hold"
    queue: ClassVar[str] = QUEUE
    result: ClassVar[type[None]] = type(None)


class DatabaseSettings(Settings, frozen=True, kw_only=True):
    """Where the database is."""

    database_url: DatabaseUrl


async def prepare(url: DatabaseUrl) -> None:
    """Make an empty database one that knows the jobs."""
    await migrate(url)
    async with connect(url, application="benchmark") as connection:
        await declare(connection, [Noop, Hold])


if __name__ == "__main__":
    anyio.run(prepare, load(DatabaseSettings, os.environ).database_url)
