"""What a short script that a platform's cron starts needs: alone, in time, and on record."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Literal

import anyio
import msgspec

from fleet.db import Connection, ConnectionFailure
from fleet.sql import statement

# For the record of a run whose time is over, or that is being stopped.
_RECORD_LIMIT = timedelta(seconds=5)

Outcome = Literal["done", "partial", "failed", "skipped"]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task that is started *every* so often; *version* is the program's."""

    name: str
    every: timedelta
    time_limit: timedelta
    # From the end of that to the end of the process, should the work not let itself be cancelled.
    grace: timedelta = timedelta(seconds=90)
    version: str
    dry_run: bool = False


class Run(msgspec.Struct, kw_only=True):
    """One run of a task, and what its work tells of it.

    The work sets *counts* as it goes, so that they are right whenever it is cut short, and *complete* at the end, if it
    left nothing for the next run. *missed* runs should have been done since the last one that was: this one does their
    work too. *unfinished* ones since then began and never ended.
    """

    number: int
    since_success: timedelta | None
    missed: int
    unfinished: int
    counts: dict[str, int] = {}
    complete: bool = False
    out_of_time: bool = False
    outcome: Outcome = "skipped"


Work = Callable[[Run], Awaitable[None]]


async def run_once(connection: Connection, task: Task, work: Work) -> Run:
    """Do *work* unless another session does the same task, and record how it ended.

    *connection* is a session of its own, and no pooler's: its lock keeps others out. When the time is over, the work is
    cancelled where it waits. An error of the work is recorded and raised; a run that was killed is one without an end.
    """
    began = await connection.fetchrow(statement("cron/begin"), task.name, task.every, task.version, task.dry_run)
    if began is None:
        raise AssertionError("a run that began is one row")
    run = Run(
        number=began["run"],
        since_success=began["since_success"],
        missed=began["missed"],
        unfinished=began["unfinished"],
    )
    if began["alone"]:
        async with _Record(connection, task, run):
            with anyio.move_on_after(task.time_limit.total_seconds()) as time:
                await work(run)
            run.out_of_time = time.cancelled_caught
    return run


class _Record:
    """Writes how a run ended. No except: whatever ends it is told to this one, and goes on."""

    def __init__(self, connection: Connection, task: Task, run: Run) -> None:
        self._connection = connection
        self._task = task
        self._run = run

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._run.outcome = self._judge(kind)
        # Where the connection is what failed, the record stays without an end; the first error is the one to be told.
        with anyio.CancelScope(shield=True), suppress(*(ConnectionFailure if kind is not None else ())):
            await self._connection.fetchval(
                statement("cron/end"),
                *(self._task.name, self._run.number, self._run.outcome),
                msgspec.json.encode(self._run.counts).decode(),
                kind and kind.__name__,
                timeout=_RECORD_LIMIT.total_seconds(),
            )

    def _judge(self, kind: type[BaseException] | None) -> Outcome:
        if kind is not None:
            return "failed"
        return "done" if self._run.complete and not self._run.out_of_time else "partial"
