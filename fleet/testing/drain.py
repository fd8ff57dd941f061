"""Runs what is queued inside the test, one job after another, until nothing is left."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import open_pool
from fleet.queue.claim import Claimed
from fleet.queue.context import Context
from fleet.queue.finisher import Finisher
from fleet.queue.ledger import Running
from fleet.queue.outcome import Cancelled, Done, Failed, Finished, Snoozed
from fleet.queue.registry import Registry
from fleet.queue.run import run
from fleet.queue.store import Identity, Store
from fleet.testing.clock import Clock, ClockedPool
from fleet.testing.story import tell

_IDENTITY = Identity(service="fleet-drain", replica="drain", version="source", pid=0)
# The clock may be moved by years; the lease of the drain itself is not what a test is about.
_LEASE = timedelta(days=36_500)
_CLOSE_LIMIT = timedelta(seconds=2)
# What is due and could not be claimed waits for something else than time.
_SHORTEST_STEP = timedelta(milliseconds=1)


class Drained(msgspec.Struct, frozen=True):
    """The jobs that were run, and the ids of those that wait on, in order."""

    jobs: Mapping[int, "Became"]
    left: list[int]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many jobs became what: ``{"done": 2, "scheduled": 1}``."""
        return dict(Counter(job.state for job in self.jobs.values()))

    def __getitem__(self, job: int) -> "Became":
        return self.jobs[job]


class Became(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job was when the drain ended: its outcome, or its state if it still waits; *runs* counts them here."""

    kind: str
    state: str
    runs: int
    attempt: int
    result: str | None
    error_class: str | None
    error_message: str | None


class DrainQueues:
    """``await drain(registry)``: see *__call__*."""

    def __init__(self, url: DatabaseUrl, clock: Clock) -> None:
        self._url = url
        self._clock = clock

    async def __call__(
        self,
        registry: Registry,
        *,
        advance_time: bool = True,
        at_most: int = 1000,
        within: timedelta = timedelta(seconds=20),
    ) -> Drained:
        """Run what *registry* knows, and what those jobs enqueue, until none can run any more.

        With *advance_time* the clock is moved on whenever all that is left lies ahead: to the time of the next job, the
        end of a pause, the end of another worker's lease. Without it, what lies ahead is left.

        Raises AssertionError, with the story of the job that ran most, after *at_most* runs or *within* so much time.
        """
        async with open_pool(self._url, application="fleet-drain", size=4) as sessions:
            pool = ClockedPool(sessions, self._clock)
            async with _worker(Store(pool), registry) as draining:
                empty = False
                with anyio.move_on_after(within.total_seconds()):
                    empty = await draining.drain(pool, self._clock if advance_time else None, at_most)
            if not empty:
                job = draining.running or max(draining.runs, key=draining.runs.__getitem__, default=0)
                raise AssertionError(
                    f"the queue was not empty after {sum(draining.runs.values())} runs (at most {at_most}, within"
                    f" {within.total_seconds():g} s); job {job} ran {draining.runs[job]} times\n{await tell(pool, job)}"
                )
            return await _drained(pool, draining.runs, list(registry))


class _Draining:
    """A worker that knows the queues which have something; whatever it still has when it retires goes back."""

    def __init__(self, store: Store, registry: Registry, finisher: Finisher) -> None:
        self.runs: Counter[int] = Counter()
        self.running: int | None = None
        self._worker: UUID | None = None
        self._queues: set[str] = set()
        self._store = store
        self._registry = registry
        self._finisher = finisher
        self._random = Random(1)  # noqa: S311  # backoff

    async def drain(self, pool: ClockedPool, clock: Clock | None, at_most: int) -> bool:
        """Run until nothing can run; False when that would take more than *at_most* runs."""
        kinds = list(self._registry)
        while True:
            waiting = await pool.fetch(
                "select distinct queue from fleet.job where state <> 'running' and kind = any($1) order by queue", kinds
            )
            if not waiting:
                return True
            queues = {row["queue"]: 1 for row in waiting}
            worker = await self._worker_of(queues)
            # One of each queue, so that what a job enqueues has its turn by its priority.
            claimed = await self._store.claim(worker, kinds, queues)
            if sum(self.runs.values()) + len(claimed) > at_most:
                return False
            for one in claimed:
                await self._run(one)
            if not claimed and not await self._move_on(clock, worker):
                return True

    async def retire(self) -> None:
        if self._worker is not None:
            await self._store.retire(self._worker)
            self._worker = None

    async def _worker_of(self, queues: Iterable[str]) -> UUID:
        """Return the worker, registered anew when it did not know one of *queues*: what is ahead depends on them."""
        if self._worker is None or not self._queues.issuperset(queues):
            await self.retire()
            self._queues.update(queues)
            self._worker = uuid4()
            await self._store.register(self._worker, _IDENTITY, sorted(self._queues), list(self._registry), _LEASE)
        return self._worker

    async def _move_on(self, clock: Clock | None, worker: UUID) -> bool:
        """Move the clock to when there may be something to claim; False when no time will bring it."""
        due = None if clock is None else await self._store.next_due(worker)
        if clock is None or due is None:
            return False
        await clock.advance(max(due, _SHORTEST_STEP))
        return True

    async def _run(self, claimed: Claimed) -> None:
        self.runs[claimed.id] += 1
        self.running = claimed.id
        running = Running(claimed)
        context = Context(claimed, self._store, lambda: False, on_finish=running.finish)
        outcome = await run(running, self._registry[claimed.kind], context, self._random)
        accepted = isinstance(outcome, Finished)
        if isinstance(outcome, Done | Failed | Snoozed | Cancelled):
            accepted = await self._finisher.write(claimed.key, outcome)
        if accepted and isinstance(outcome, Done | Finished):
            self._store.count_success(claimed.kind)
        self.running = None


@asynccontextmanager
async def _worker(store: Store, registry: Registry) -> AsyncIterator[_Draining]:
    finisher = Finisher(store)
    draining = _Draining(store, registry, finisher)
    async with anyio.create_task_group() as writing:
        writing.start_soon(finisher.run)
        try:
            yield draining
        finally:
            with anyio.move_on_after(_CLOSE_LIMIT.total_seconds(), shield=True):
                await draining.retire()
            writing.cancel_scope.cancel()


async def _drained(pool: ClockedPool, runs: Counter[int], kinds: list[str]) -> Drained:
    rows = await pool.fetch(
        "select id, kind, state::text, attempt, null as result, null as error_class, null as error_message"
        " from fleet.job where id = any($1)"
        " union all select id, kind, outcome::text, attempt, result::text, error_class, error_message"
        " from fleet.job_history where id = any($1) order by id",
        list(runs),
    )
    left = await pool.fetch("select id from fleet.job where kind = any($1) order by id", kinds)
    jobs = {row["id"]: Became(runs=runs[row["id"]], **{k: v for k, v in row.items() if k != "id"}) for row in rows}
    return Drained(jobs, [row["id"] for row in left])
