"""Asks once what a sweep has to do, so that the steps that have nothing to do are not begun."""

from datetime import datetime

from fleet.db import Row
from fleet.retention.batches import Batches
from fleet.retention.rules import Policy, horizon


class Due:
    """What there is to do, by the names of what is counted, and `sums`; everything, where that could not be told."""

    def __init__(self, row: Row | None) -> None:
        self._names = None if row is None else {name for name, is_due in row.items() if is_due}

    def any_of(self, *names: str) -> bool:
        return self._names is None or not self._names.isdisjoint(names)


async def look(batches: Batches, now: datetime, policy: Policy) -> Due:
    """Return what is due; what becomes due a moment later is left to the next run."""
    kept = (
        *(policy.jobs, policy.workers, policy.cron_runs, policy.minutes, policy.hours, policy.actions),
        *(policy.model_answers, policy.model_requests),
    )
    return Due(await batches.ask("retention/due", now, *(horizon(now, span) for span in kept)))
