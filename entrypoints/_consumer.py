"""What the processes that consume the queue share: the pool, the schema check, the worker, the signals."""

import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from random import SystemRandom
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import anyio
import msgspec

from entrypoints._tracing import TracedSettings, tracing
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
from fleet.telemetry import Tally, Telemetry, Vitals

if TYPE_CHECKING:
    from fleet.ops.metrics import Metrics

# Between two looks for garbage, of the youngest objects.
_ALLOCATIONS = 10_000

Slots = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
PortNumber = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class ConsumerSettings(TracedSettings, frozen=True, kw_only=True):
    """What every consumer reads; a subclass adds its own secrets and slots."""

    pool_size: Annotated[int, msgspec.Meta(ge=2, le=100)] = 8
    lease_seconds: Annotated[float, msgspec.Meta(ge=0.5, le=3600)] = 15.0
    database_patience_seconds: Seconds = 300.0
    # The platform's own name for the time between SIGTERM and SIGKILL; railway/*.json set both to the same number.
    railway_deployment_draining_seconds: Seconds = 30.0
    health_port: PortNumber | None = None
    # What platforms call the port that they ask.
    port: PortNumber | None = None
    metrics_of_database: bool = True

    @property
    def asked_port(self) -> int:
        """Where it says how it is; 0: nowhere."""
        return (self.port or 0) if self.health_port is None else self.health_port


async def consume(
    service: str,
    settings: ConsumerSettings,
    queues: Mapping[str, int],
    open_registry: Callable[[Pool], AbstractAsyncContextManager[Registry]],
) -> int:
    """Run a worker on *queues* (slots by name) until SIGTERM; returns the exit code."""
    stop = Stop()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_watch_signals, stop)
        async with AsyncExitStack() as watched:
            watch = await _watch(service, settings, stop, watched)
            # Not before: what is told of takes imports of its own.
            _collect_less_often()
            code = await _work(service, settings, queues, open_registry, stop=stop, watch=watch)
        tasks.cancel_scope.cancel()
    end_within(LAST_MOMENTS)
    return code


class _Watch(msgspec.Struct, frozen=True):
    """Where the worker notes what it does, and what is told of it, each where somebody wants to know."""

    telemetry: Telemetry | None = None
    metrics: "Metrics | None" = None


async def _watch(service: str, settings: ConsumerSettings, stop: Stop, opened: AsyncExitStack) -> _Watch:
    tracer = await opened.enter_async_context(tracing(service, settings))
    if not settings.asked_port and tracer is None:
        return _Watch()
    telemetry = Telemetry(Tally(), Vitals(monotonic), tracer)
    telemetry.vitals.stopping = stop.requested.is_set
    if not settings.asked_port:
        return _Watch(telemetry)
    # Three megabytes, and a thirtieth of a second of a start.
    from entrypoints._health import open_health  # noqa: PLC0415  # only where there is a port

    about = {"service": service, "replica": settings.replica, "version": settings.version}
    return _Watch(telemetry, await opened.enter_async_context(open_health(settings.asked_port, telemetry, about)))


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
    *,
    stop: Stop,
    watch: _Watch,
) -> int:
    identity = Identity(service=service, replica=settings.replica, version=settings.version, pid=os.getpid())
    plan = Plan(
        direct_url=settings.direct_url,
        queues={queue: slots for queue, slots in queues.items() if slots},
        drain=Drain.within(timedelta(seconds=settings.railway_deployment_draining_seconds)),
        lease=Lease(timedelta(seconds=settings.lease_seconds)),
        patience=timedelta(seconds=settings.database_patience_seconds),
        telemetry=watch.telemetry,
    )
    async with AsyncExitStack() as opened:
        pool = await opened.enter_async_context(
            open_pool(settings.database_url, application=f"fleet-{service}", size=settings.pool_size)
        )
        if watch.metrics is not None:
            await opened.enter_async_context(_told(watch.metrics, pool, settings, plan))
        if not await _schema_is_current(pool, plan, stop):
            return EXIT_STOPPED if stop.requested.is_set() else EXIT_DATABASE_GONE
        registry = await opened.enter_async_context(open_registry(pool))
        return await Worker(pool, registry, identity, plan, SystemRandom()).run(stop)


@asynccontextmanager
async def _told(metrics: "Metrics", pool: Pool, settings: ConsumerSettings, plan: Plan) -> AsyncIterator[None]:
    """Have *metrics* tell of the pool, and of the database where it is to."""
    from entrypoints._health import open_gauges  # noqa: PLC0415  # only where there is a port

    metrics.pool = pool
    if settings.metrics_of_database:
        async with open_gauges(metrics, pool, plan.queues):
            yield
    else:
        yield


async def _schema_is_current(pool: Pool, plan: Plan, stop: Stop) -> bool:
    """Wait for the database as long as the plan's patience; raises SchemaMismatch."""
    logger = log.get_logger()
    with anyio.move_on_after(plan.patience.total_seconds()):
        while not stop.requested.is_set():
            if plan.telemetry is not None:
                plan.telemetry.vitals.tried()
            try:
                async with pool.acquire() as connection:
                    await require_current(connection)
            except (*ConnectionFailure, ServerError) as failure:
                logger.warning("process.waits_for_database", reason=type(failure).__name__)
                await plan.pause(stop, SystemRandom())
            else:
                if plan.telemetry is not None:
                    plan.telemetry.vitals.schema_is_current = True
                return True
    return False
