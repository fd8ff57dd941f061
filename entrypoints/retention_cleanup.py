"""The retention cleanup: deletes what outlived its plan. The platform's cron starts it."""

from entrypoints._short import load_at_once

if __name__ == "__main__":
    load_at_once()  # before the imports below

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import msgspec

from entrypoints._cron import run_task
from entrypoints._process import EXIT_USAGE, ProcessSettings, run_process
from fleet.cron import Run, Task
from fleet.db import Connection
from fleet.log import get_logger
from fleet.retention.policy import read_policy
from fleet.retention.rules import Policy, Rules, Swept
from fleet.retention.sweep import foresee, sweep


class CleanupSettings(ProcessSettings, frozen=True, kw_only=True):
    """The cleanup's environment."""

    cleanup_limit_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 1800.0
    cleanup_batch: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1000
    cleanup_pause_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.1
    # Instead of what app.retention_policy says.
    keep_jobs_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | None = None


def main(arguments: Sequence[str]) -> None:
    # Not argparse: it would cost a tenth of the start of a process that takes nothing else.
    if arguments not in ([], ["--dry-run"]):
        sys.stderr.write("usage: python -m entrypoints.retention_cleanup [--dry-run]\n")
        sys.exit(EXIT_USAGE)
    dry_run = bool(arguments)

    async def clean_up(settings: CleanupSettings) -> int:
        task = Task(
            name="retention-cleanup",
            every=timedelta(days=1),
            time_limit=timedelta(seconds=settings.cleanup_limit_seconds),
            version=settings.version,
            dry_run=dry_run,
        )

        async def work(connection: Connection, run: Run) -> None:
            policy = _overridden(await read_policy(connection), settings)
            if dry_run:
                _count(run, await foresee(connection, policy))
            else:
                await _sweep(connection, run, settings, policy)
            run.complete = not run.counts["skipped_batches"]

        return await run_task(settings, task, work)

    run_process("retention-cleanup", CleanupSettings, clean_up, short=True)


async def _sweep(connection: Connection, run: Run, settings: CleanupSettings, policy: Policy) -> None:
    rules = Rules(batch=settings.cleanup_batch, pause=timedelta(seconds=settings.cleanup_pause_seconds))
    swept = Swept()
    try:
        await sweep(connection, rules, policy, swept)
    finally:
        _count(run, swept)


def _overridden(policy: Policy, settings: CleanupSettings) -> Policy:
    if settings.keep_jobs_days is None:
        return policy
    days = timedelta(days=settings.keep_jobs_days)
    get_logger().warning(
        "policy.overridden", by="KEEP_JOBS_DAYS", days=days.days, instead_of=policy.jobs and policy.jobs.days
    )
    return msgspec.structs.replace(policy, jobs=days)


def _count(run: Run, swept: Swept) -> None:
    run.counts = msgspec.structs.asdict(swept)


if __name__ == "__main__":
    main(sys.argv[1:])
