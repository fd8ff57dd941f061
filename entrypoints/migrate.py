"""Brings the database to this release: schema, functions, the kinds of jobs, and partitions for the coming days."""

from entrypoints._process import ProcessSettings, run_process
from fleet.kinds import KINDS
from fleet.log import get_logger
from fleet.queue.install import install


class MigrateSettings(ProcessSettings, frozen=True, kw_only=True):
    """The migration's environment."""


async def bring_up_to_date(settings: MigrateSettings) -> int:
    installed = await install(settings.direct_url, KINDS)
    get_logger().info("migrate.done", applied=installed.applied, partitions=installed.partitions)
    return 0


if __name__ == "__main__":
    run_process("migrate", MigrateSettings, bring_up_to_date)
