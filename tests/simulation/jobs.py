"""The kinds that a simulation runs, and a handler whose behaviour is drawn from the seed."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import ClassVar, cast

import anyio
import msgspec

from fleet.db import Connection
from fleet.errors import Fail, Retry, Snooze
from fleet.queue.context import Context
from fleet.queue.job import Job, Policy
from fleet.queue.retry import Backoff
from tests.simulation.oracle import Oracle, Process, Run
from tests.simulation.wire import Transaction, Wire


class Work(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "work"
    queue: ClassVar[str] = "work"
    policy: ClassVar[Policy] = Policy(
        max_attempts=3,
        time_limit=timedelta(seconds=12),
        backoff=Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=4)),
    )


class Errand(Work, frozen=True, kw_only=True):
    """While one runs, one more may wait under its key."""

    kind: ClassVar[str] = "errand"
    queue: ClassVar[str] = "errands"


class Nothing(msgspec.Struct):
    """The result of what completes its own job."""


class Handlers:
    """What the handlers of one process do; *calm* ones neither fail nor dawdle."""

    def __init__(self, seed: int, process: Process, oracle: Oracle, wire: Wire, note: Callable[..., None]) -> None:
        self._seed = seed
        self._process = process
        self._oracle = oracle
        self._wire = wire
        self._note = note
        self.calm = False

    async def work(self, job: Work, context: Context) -> None:
        # A stream of its own for each claim: what others do changes nothing about it.
        random = Random(f"{self._seed} {context.id} {context.token}")
        run = self._oracle.begin(self._process, (context.id, context.token), type(job).policy.time_limit)
        self._note("run", f"{run.key} begins", self._process.life)
        try:
            await self._steps(run, context, random)
            await self._end(run, context, random)
        except anyio.get_cancelled_exc_class():
            self._oracle.stopped(run)
            await self._unwind(random)
            run.became = "stopped"
            raise
        finally:
            if run.became == "running":
                run.became = "raised"
            self._note("run", f"{run.key} {run.became}", self._process.life)

    async def _steps(self, run: Run, context: Context, random: Random) -> None:
        for step in range(random.choice((0, 1, 2, 4, 6))):
            await anyio.sleep(random.choice((0.01, 0.3, 1, 3, 3)) * random.random())
            self._oracle.acts(run)
            if random.random() < 0.2:
                await context.progress(step, None, f"step {step}")
        if random.random() < 0.05:
            await self._wire.the_end.wait()

    async def _end(self, run: Run, context: Context, random: Random) -> None:
        how = random.random()
        # Named before it is raised: from then on it is the runtime's to write.
        run.became = "raised"
        if how < 0.08:
            raise RuntimeError("it broke")
        if how < 0.12:
            raise Retry("try again", after=timedelta(seconds=2 * random.random()))
        if how < 0.14:
            raise Fail("never again")
        if how < 0.18:
            run.became = "snoozed"
            raise Snooze("not yet", after=timedelta(seconds=3 * random.random()))
        if how < 0.20:
            raise SystemExit(1)
        if how < 0.30:
            run.commit_sent = True
            transaction = Transaction(self._wire, lambda accepted: self._oracle.commits(run) if accepted else None)
            await context.finish(cast("Connection", transaction), Nothing())
        run.became = "returned"

    async def _unwind(self, random: Random) -> None:
        takes = random.random()
        with anyio.CancelScope(shield=True):
            # Only while it shuts down: what ignores a time limit keeps its slot, and its job, for as long as it lives.
            if takes < 0.1 and self._process.stopped_at is not None:
                self._process.stuck = True
                self._note("run", "a handler ignores its cancellation", self._process.life)
                await self._wire.the_end.wait()
            elif takes < 0.3:
                await anyio.sleep(random.random())
