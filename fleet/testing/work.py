"""Runs one handler on one job, without a database and without a worker."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from types import TracebackType
from typing import Generic, TypeVar

import msgspec

from fleet.db import Connection
from fleet.queue.arguments import encode
from fleet.queue.claim import Claimed
from fleet.queue.context import Context
from fleet.queue.job import Job
from fleet.queue.ledger import Running
from fleet.queue.outcome import Done, Failed, Finished, Outcome, Snoozed
from fleet.queue.registry import Registration
from fleet.queue.run import run
from fleet.queue.sealed import Seal, Unseal
from fleet.queue.store import Store
from fleet.queue.store import encode as encode_result

JobT = TypeVar("JobT", bound=Job)
ResultT = TypeVar("ResultT", bound=msgspec.Struct | None)


class Progress(msgspec.Struct, frozen=True):
    """One call of ``context.progress``."""

    done: int
    total: int | None
    phase: str


class Worked(Generic[ResultT]):
    """What came of it.

    *outcome* is what a worker would write, *raised* what the handler raised, *progress* every call of
    ``context.progress``.
    """

    def __init__(self, outcome: Outcome, notes: "_Notes") -> None:
        self.outcome = outcome
        self.raised = notes.raised
        self.progress = notes.progress
        self._notes = notes

    @property
    def result(self) -> ResultT:
        """The result as whoever reads it gets it; raises AssertionError when the handler did not return.

        A result that does not survive being stored is a msgspec.ValidationError here.
        """
        if not isinstance(self.outcome, Done | Finished):
            raise AssertionError(f"the handler did not return: {self.outcome}") from self.raised  # noqa: TRY004  # a test's
        text = self.outcome.result if isinstance(self.outcome, Done) else self._notes.finished_with
        result: ResultT = msgspec.json.decode(text or "null", type=self._notes.result_type)
        return result

    @property
    def again(self) -> timedelta | None:
        """After what delay the job runs again, if it has an attempt left; None: never."""
        return self.outcome.delay if isinstance(self.outcome, Failed | Snoozed) else None

    def __repr__(self) -> str:
        return f"Worked({self.outcome!r})"


async def work(
    handler: Callable[[JobT, Context], Awaitable[ResultT]],
    job: JobT,
    *,
    attempt: int = 1,
    stopping: bool = False,
    lost: bool = False,
    seal: Seal | None = None,
    unseal: Unseal | None = None,
) -> Worked[ResultT]:
    """Run *handler* as a worker would: *job* is encoded, decoded and limited in time, and the end is named.

    *stopping* is what the handler reads from its context. When the job is *lost*, reporting progress and finishing
    within a transaction are refused. Sealed arguments need a *seal* and what opens it. Raises InvalidJob when the queue
    would not take the job.
    """
    notes = _Notes()

    async def noting(given: JobT, context: Context) -> ResultT:
        with notes:
            result = await handler(given, context)
        if not context.finished:
            notes.result_type = type(result)
        return result

    claimed = Claimed(
        id=1,
        token=1,
        kind=job.kind,
        queue=job.queue,
        args=encode(job, seal),
        attempt=attempt,
        max_attempts=job.policy.max_attempts,
        traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
        waited_ms=0,
    )
    context = _NotedContext(claimed, _NoStore(notes, lost=lost), lambda: stopping)
    context.notes = notes
    outcome = await run(Running(claimed), Registration(type(job), noting, unseal), context, Random(1))  # noqa: S311  # backoff
    return Worked(outcome, notes)


class _Notes:
    """What is to be known about the handler that its outcome does not say; as a block, notes what leaves it."""

    def __init__(self) -> None:
        self.progress: list[Progress] = []
        self.raised: BaseException | None = None
        self.finished_with: str | None = None
        self.result_type: type = type(None)

    def __enter__(self) -> None: ...

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.raised = error


class _NotedContext(Context):
    notes: _Notes

    async def progress(self, done: int, total: int | None, phase: str) -> None:
        # Before the pause between two writes: a test wants to see what the handler said, not what there was time for.
        self.notes.progress.append(Progress(done, total, phase))
        await super().progress(done, total, phase)


class _NoStore(Store):
    """Stands for the database: a current claim, or a lost one."""

    def __init__(self, notes: _Notes, *, lost: bool) -> None:
        self._notes = notes
        self._lost = lost

    async def report_progress(self, job: int, token: int, progress: str) -> bool:
        del job, token, progress
        return not self._lost

    async def finish_within(self, connection: Connection, job: int, token: int, result: msgspec.Struct) -> bool:
        del connection, job, token
        self._notes.finished_with, self._notes.result_type = encode_result(result), type(result)
        return not self._lost
