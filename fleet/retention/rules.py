"""How a sweep goes about it."""

from datetime import timedelta

import msgspec


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """No batch keeps others waiting for longer than it may wait itself, nor the database busy without a rest."""

    batch: int = 1_000
    pause: timedelta = timedelta(milliseconds=100)
    lock_limit: timedelta = timedelta(milliseconds=500)
    statement_limit: timedelta = timedelta(seconds=10)
    # Of the whole run. A platform that starts no second run while one hangs relies on it.
    time_limit: timedelta = timedelta(minutes=30)
    # Of finished jobs and of the attempts behind them.
    keep_jobs: timedelta = timedelta(days=30)


class Swept(msgspec.Struct, kw_only=True):
    """What one run did; rows of inventories and of documents are counted with what they are part of.

    *complete* is False when the time ran out, or a batch was skipped because somebody else held its rows: the next run
    goes on from there.
    """

    already_running: bool = False
    complete: bool = False
    out_of_time: bool = False
    seconds: float = 0.0
    history: int = 0
    documents_withdrawn: int = 0
    documents: int = 0
    analyses_condemned: int = 0
    analyses: int = 0
    job_days: int = 0
    jobs: int = 0
    attempts: int = 0
    days_ahead: int = 0
    skipped_batches: int = 0
