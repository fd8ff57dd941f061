"""The retention cleanup: one sweep, one summary line, and out. The platform's cron starts it."""

from datetime import timedelta
from typing import Annotated

import msgspec

from entrypoints._process import ProcessSettings, run_process
from fleet.db import connect
from fleet.log import get_logger
from fleet.migrate import require_current
from fleet.retention.rules import Rules
from fleet.retention.sweep import sweep

EXIT_DONE = 0
# The next run goes on where this one stopped. A batch that was skipped because its rows were in use is no failure.
EXIT_OUT_OF_TIME = 75


class CleanupSettings(ProcessSettings, frozen=True, kw_only=True):
    """The cleanup's environment."""

    # A run is skipped while the one before it is still active, and nothing kills that one but itself.
    cleanup_limit_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 1800.0
    cleanup_batch: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1000
    cleanup_pause_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.1
    keep_jobs_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 30


async def clean_up(settings: CleanupSettings) -> int:
    rules = Rules(
        time_limit=timedelta(seconds=settings.cleanup_limit_seconds),
        batch=settings.cleanup_batch,
        pause=timedelta(seconds=settings.cleanup_pause_seconds),
        keep_jobs=timedelta(days=settings.keep_jobs_days),
    )
    async with connect(settings.direct_url, application="fleet-retention-cleanup") as connection:
        await require_current(connection)
        swept = await sweep(connection, rules)
    if swept.already_running:
        get_logger().info("cleanup.already_running")
        return EXIT_DONE
    get_logger().info("cleanup.done", **msgspec.structs.asdict(swept))
    return EXIT_OUT_OF_TIME if swept.out_of_time else EXIT_DONE


if __name__ == "__main__":
    run_process("retention-cleanup", CleanupSettings, clean_up)
