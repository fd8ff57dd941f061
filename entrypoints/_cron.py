"""What every task that a platform's cron starts does: one run, one line, and out."""

import signal
from collections.abc import Awaitable, Callable

from entrypoints._process import ProcessSettings
from fleet.cron import Run, Task, run_once
from fleet.db import Connection, connect
from fleet.log import get_logger
from fleet.migrate import require_current

EXIT_DONE = 0
# The next run goes on where this one stopped.
EXIT_PARTIAL = 75


async def run_task(settings: ProcessSettings, task: Task, work: Callable[[Connection, Run], Awaitable[None]]) -> int:
    """Run *task* on a connection of its own and return the exit status; another run under way is no failure."""
    # The platform starts no run while one hangs, and kills none. Nothing handles this signal, so that no blocked loop
    # outlives it; the record of such a run has no end.
    signal.setitimer(signal.ITIMER_REAL, (task.time_limit + task.grace).total_seconds())
    async with connect(settings.direct_url, application=f"fleet-{task.name}") as connection:
        await require_current(connection)
        run = await run_once(connection, task, lambda run: work(connection, run))
    _tell(task, run)
    return EXIT_PARTIAL if run.outcome == "partial" else EXIT_DONE


def _tell(task: Task, run: Run) -> None:
    tell = get_logger().warning if run.missed or run.unfinished or run.outcome == "partial" else get_logger().info
    tell(
        "cron.already_running" if run.outcome == "skipped" else "cron.ended",
        task=task.name,
        outcome=run.outcome,
        dry_run=task.dry_run,
        out_of_time=run.out_of_time,
        since_success_seconds=run.since_success and run.since_success.total_seconds(),
        missed=run.missed,
        unfinished=run.unfinished,
        **run.counts,
    )
