"""A worker: one shift after another until it is told to stop."""

from random import Random
from uuid import UUID, uuid4

import anyio
import structlog
from structlog.contextvars import bound_contextvars

from fleet.db import ConnectionFailure, Pool, ServerError
from fleet.errors import LeaseLost
from fleet.queue.drain import Stop, cancel_when
from fleet.queue.left_behind import LeftBehind
from fleet.queue.plan import EXIT_DATABASE_GONE, EXIT_STOPPED, EXIT_STUCK, Plan
from fleet.queue.registry import Registry
from fleet.queue.shift import Shift
from fleet.queue.store import Identity, Store


class Worker:
    """One process's consumer of the queue."""

    def __init__(self, pool: Pool, registry: Registry, identity: Identity, plan: Plan, random: Random) -> None:
        self._store = Store(pool)
        self._registry = registry
        self._identity = identity
        self._plan = plan
        self._random = random
        self._left_behind = LeftBehind()

    async def run(self, stop: Stop) -> int:
        """Work until *stop*; returns the exit code of the process.

        A worker that lost its lease begins anew under another id: what it ran before is no longer its own.
        """
        log = structlog.get_logger()
        last_seen = anyio.current_time()
        while not stop.requested.is_set():
            worker, granted_at = uuid4(), self._plan.clock()
            if self._plan.telemetry is not None:
                self._plan.telemetry.vitals.tried()
            failure = await self._register(worker, stop)
            if failure is not None:
                log.warning("worker.not_registered", reason=type(failure).__name__)
                if anyio.current_time() - last_seen > self._plan.patience.total_seconds():
                    return EXIT_DATABASE_GONE
                await self._plan.pause(stop, self._random)
                continue
            shift = Shift(worker, self._store, self._registry, self._plan, self._random, left_behind=self._left_behind)
            with bound_contextvars(worker=str(worker)):
                try:
                    await shift.work(stop, granted_at)
                except* LeaseLost as lost:
                    log.error("worker.lease_lost", reason=str(_leaf(lost)))  # noqa: TRY400  # a sentence says it
                    if self._plan.telemetry is not None:
                        self._plan.telemetry.tally.leases_lost += 1
            if shift.clogged:
                return EXIT_STUCK
            last_seen = anyio.current_time()
        return EXIT_STOPPED

    async def _register(self, worker: UUID, stop: Stop) -> BaseException | None:
        """Return what went wrong; ends at a stop, because a database that does not answer must not put that off.

        Whether it is registered is then unknown, and does not matter: its shift claims nothing, and retires it.
        """
        failed: BaseException | None = None
        async with anyio.create_task_group() as registering:
            registering.start_soon(cancel_when, stop.requested, registering.cancel_scope)
            try:
                await self._store.register(
                    worker,
                    self._identity,
                    list(self._plan.queues),
                    list(self._registry),
                    self._plan.lease.length,
                    slots=list(self._plan.queues.values()),
                )
            except (*ConnectionFailure, ServerError) as failure:
                failed = failure
            registering.cancel_scope.cancel()
        return failed


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
