"""Makes the coming days' partitions of finished jobs and attempts, and drops nothing. The platform's cron starts it."""

from entrypoints._short import load_at_once

if __name__ == "__main__":
    load_at_once()  # before the imports below

from datetime import timedelta
from typing import Annotated

import msgspec

from entrypoints._cron import run_task
from entrypoints._process import ProcessSettings, run_process
from fleet.cron import Run, Task
from fleet.db import Connection
from fleet.sql import statement


class PartitionsSettings(ProcessSettings, frozen=True, kw_only=True):
    """The task's environment."""

    partition_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 14


async def make_partitions(settings: PartitionsSettings) -> int:
    task = Task(name="partitions", every=timedelta(days=1), time_limit=timedelta(minutes=1), version=settings.version)

    async def work(connection: Connection, run: Run) -> None:
        run.counts["made"] = await connection.fetchval(statement("cron/make_partitions"), settings.partition_days)
        # So that no day is dropped that is not in the sums; the next run goes on where this one ran out of time.
        while await connection.fetchval(statement("cron/roll_up")) is False:
            pass
        run.complete = True

    return await run_task(settings, task, work)


if __name__ == "__main__":
    run_process("partitions", PartitionsSettings, make_partitions, short=True)
