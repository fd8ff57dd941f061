"""What the processes that consume the queue share: the pool, the schema check, the worker, the signals."""

import gc
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from random import SystemRandom
from typing import Annotated

import anyio
import msgspec

from entrypoints._process import ProcessSettings
from fleet import log
from fleet.config import Seconds
from fleet.db import ConnectionFailure, Pool, ServerError, open_pool
from fleet.migrate import require_current
from fleet.queue.drain import Drain, Stop
from fleet.queue.farewell import LAST_MOMENTS, end_within
from fleet.queue.lease import Lease
from fleet.queue.plan import EXIT_DATABASE_GONE, EXIT_STOPPED, Plan
from fleet.queue.registry import Registry
from fleet.queue.store import Identity
from fleet.queue.worker import Worker

# Between two looks for garbage, of the youngest objects.
_ALLOCATIONS = 10_000

Slots = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class ConsumerSettings(ProcessSettings, frozen=True, kw_only=True):
    """What every consumer reads; a subclass adds its own secrets and slots."""

    pool_size: Annotated[int, msgspec.Meta(ge=2, le=100)] = 8
    lease_seconds: Annotated[float, msgspec.Meta(ge=0.5, le=3600)] = 15.0
    database_patience_seconds: Seconds = 300.0
    # The platform's own name for the time between SIGTERM and SIGKILL; railway/*.json set both to the same number.
    railway_deployment_draining_seconds: Seconds = 30.0


async def consume(
    service: str,
    settings: ConsumerSettings,
    queues: Mapping[str, int],
    open_registry: Callable[[Pool], AbstractAsyncContextManager[Registry]],
) -> int:
    """Run a worker on *queues* (slots by name) until SIGTERM; returns the exit code."""
    _collect_less_often()
    stop = Stop()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_watch_signals, stop)
        code = await _work(service, settings, queues, open_registry, stop)
        tasks.cancel_scope.cancel()
    end_within(LAST_MOMENTS)
    return code


def _collect_less_often() -> None:
    """Spend less time on looking for garbage: by default a fifth of what a short job takes.

    What the imports have made stays for good, and thousands of jobs that a worker has at a time are no garbage.
    """
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)


async def _watch_signals(stop: Stop) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            log.get_logger().info("process.stopping", signal=number.name)
            stop.request()


async def _work(
    service: str,
    settings: ConsumerSettings,
    queues: Mapping[str, int],
    open_registry: Callable[[Pool], AbstractAsyncContextManager[Registry]],
    stop: Stop,
) -> int:
    identity = Identity(service=service, replica=settings.replica, version=settings.version, pid=os.getpid())
    plan = Plan(
        direct_url=settings.direct_url,
        queues={queue: slots for queue, slots in queues.items() if slots},
        drain=Drain.within(timedelta(seconds=settings.railway_deployment_draining_seconds)),
        lease=Lease(timedelta(seconds=settings.lease_seconds)),
        patience=timedelta(seconds=settings.database_patience_seconds),
    )
    async with open_pool(settings.database_url, application=f"fleet-{service}", size=settings.pool_size) as pool:
        if not await _schema_is_current(pool, plan, stop):
            return EXIT_STOPPED if stop.requested.is_set() else EXIT_DATABASE_GONE
        async with open_registry(pool) as registry:
            return await Worker(pool, registry, identity, plan, SystemRandom()).run(stop)


async def _schema_is_current(pool: Pool, plan: Plan, stop: Stop) -> bool:
    """Wait for the database as long as the plan's patience; raises SchemaMismatch."""
    logger = log.get_logger()
    with anyio.move_on_after(plan.patience.total_seconds()):
        while not stop.requested.is_set():
            try:
                async with pool.acquire() as connection:
                    await require_current(connection)
            except (*ConnectionFailure, ServerError) as failure:
                logger.warning("process.waits_for_database", reason=type(failure).__name__)
                await plan.pause(stop, SystemRandom())
            else:
                return True
    return False
