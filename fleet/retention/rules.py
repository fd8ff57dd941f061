"""How a sweep goes about it, what it keeps, and what it did."""

from datetime import datetime, timedelta

import msgspec


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """No batch keeps others waiting for longer than it may wait itself, nor the database busy without a rest.

    A batch has at most so many rows, and fewer where those would take longer than *span*; its rest is a *pause*, or as
    much less as it has fewer rows.
    """

    batch: int = 1_000
    span: timedelta = timedelta(milliseconds=5)
    pause: timedelta = timedelta(milliseconds=100)
    lock_limit: timedelta = timedelta(milliseconds=500)
    statement_limit: timedelta = timedelta(seconds=10)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """For how long is kept what no user's plan decides about; None: for ever."""

    # Finished jobs, and the attempts behind them.
    jobs: timedelta | None = None
    # Dead ones, which no claim has taken away.
    workers: timedelta | None = None
    cron_runs: timedelta | None = None
    # What language models said, since a document was last written with it; and the ledger of what they were asked.
    model_answers: timedelta | None = None
    model_requests: timedelta | None = None
    # The sums of finished jobs, by the minute and by the hour.
    minutes: timedelta | None = None
    hours: timedelta | None = None
    # What people did to jobs and queues.
    actions: timedelta | None = None


class Swept(msgspec.Struct, kw_only=True):
    """What one run did; rows of inventories and of documents are counted with what they are part of.

    A batch is skipped when it could not have its locks or its time: the next run goes on from there.
    """

    history: int = 0
    documents_withdrawn: int = 0
    documents: int = 0
    analyses_condemned: int = 0
    analyses: int = 0
    job_days: int = 0
    jobs: int = 0
    attempts: int = 0
    workers: int = 0
    cron_runs: int = 0
    model_answers: int = 0
    model_requests: int = 0
    minutes: int = 0
    hours: int = 0
    actions: int = 0
    days_ahead: int = 0
    skipped_batches: int = 0


def horizon(now: datetime, kept: timedelta | None) -> datetime | None:
    """Return the time from which on things are kept; None, which nothing is older than, for ever."""
    return None if kept is None else now - kept
