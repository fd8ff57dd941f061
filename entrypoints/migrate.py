"""Brings the database to this release: schema, functions, the kinds of jobs, and partitions for the coming days."""

from functools import partial

from entrypoints._process import ProcessSettings, run_process
from fleet.analysis.job import Analyze
from fleet.db import connect
from fleet.log import get_logger
from fleet.migrate import Patience, migrate, patiently
from fleet.queue.enqueue import declare
from fleet.specgen.job import GenerateSpec


class MigrateSettings(ProcessSettings, frozen=True, kw_only=True):
    """The migration's environment."""


async def bring_up_to_date(settings: MigrateSettings) -> int:
    applied = await migrate(settings.direct_url)
    async with connect(settings.direct_url, application="fleet-migrate") as connection:
        async with connection.transaction():
            await declare(connection, (Analyze, GenerateSpec))
        partitions = await patiently(
            connection, Patience(), "partitions", partial(connection.fetchval, "select fleet.make_partitions()")
        )
    get_logger().info("migrate.done", applied=applied, partitions=partitions)
    return 0


if __name__ == "__main__":
    run_process("migrate", MigrateSettings, bring_up_to_date)
