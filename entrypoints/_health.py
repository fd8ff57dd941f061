"""The port of a consumer: what it says there of itself and of its queue."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio

from fleet import log
from fleet.db import Pool
from fleet.ops.gauges import Gauges
from fleet.ops.health import liveness, readiness
from fleet.ops.lag import watch_loop
from fleet.ops.metrics import Metrics
from fleet.ops.port import Answer, open_port
from fleet.telemetry import Telemetry


@asynccontextmanager
async def open_health(number: int, telemetry: Telemetry, about: Mapping[str, str]) -> AsyncIterator[Metrics]:
    """Answer on port *number* until the block is left; raises ConfigError where the port cannot be had."""
    vitals = telemetry.vitals
    metrics = Metrics(telemetry, about)

    async def live() -> Answer:
        return liveness(vitals).answer()

    async def ready() -> Answer:
        return readiness(vitals).answer()

    answers = {"/livez": live, "/readyz": ready, "/metrics": metrics.answer}
    async with anyio.create_task_group() as watching, open_port(number, answers) as found:
        log.get_logger().info("health.listens", port=found)
        watching.start_soon(watch_loop, telemetry.tally, vitals)
        yield metrics
        watching.cancel_scope.cancel()


@asynccontextmanager
async def open_gauges(metrics: Metrics, pool: Pool, queues: Mapping[str, int]) -> AsyncIterator[None]:
    """Have *metrics* tell what the database says, too, until the block is left."""
    async with anyio.create_task_group() as asking:
        metrics.gauges = Gauges(pool, queues, asking)
        yield
        metrics.gauges = None
        asking.cancel_scope.cancel()
