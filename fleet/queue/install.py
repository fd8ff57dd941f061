"""Brings a database to this release: schema, functions, kinds of jobs, and partitions for the coming days."""

from collections.abc import Iterable
from functools import partial

import msgspec

from fleet.config import Secret
from fleet.db import connect
from fleet.migrate import Patience, migrate, patiently
from fleet.queue.enqueue import declare
from fleet.queue.job import Job


class Installed(msgspec.Struct, frozen=True):
    """What was *applied*, by name, and how many *partitions* were made."""

    applied: list[str]
    partitions: int


async def install(url: Secret, kinds: Iterable[type[Job]]) -> Installed:
    """Apply to *url* what it lacks, and make *kinds* known; safe to run again, and by many processes at once.

    Raises what migrate raises, and DatabaseUnavailable where a table stays locked.
    """
    applied = await migrate(url)
    async with connect(url, application="fleet-migrate") as connection:
        async with connection.transaction():
            await declare(connection, kinds)
        partitions = await patiently(
            connection, Patience(), "partitions", partial(connection.fetchval, "select fleet.make_partitions()")
        )
    return Installed(applied, partitions)
