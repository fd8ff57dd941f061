"""A worker inside the test, on whatever way to PostgreSQL the test gives it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.drain import Drain, Stop
from fleet.queue.lease import Lease
from fleet.queue.plan import Plan
from fleet.queue.registry import Registry
from fleet.queue.store import Identity
from fleet.queue.worker import Worker
from tests.queue.kinds import Greet

Handler = Callable[[Greet, Context], Awaitable[msgspec.Struct | None]]


@asynccontextmanager
async def at_work(
    pool: Pool,
    url: DatabaseUrl,
    handler: Handler,
    *,
    slots: int = 10,
    lease: timedelta = timedelta(seconds=15),
    reconcile_pause: timedelta = timedelta(seconds=5),
) -> AsyncIterator[None]:
    """Claim through *pool*, and listen and keep the lease at *url*, until the block is left."""
    registry = Registry()
    registry.add(Greet, handler)
    plan = Plan(
        direct_url=url,
        queues={"greetings": slots},
        drain=Drain(grace=timedelta(seconds=10), cancel=timedelta(seconds=2)),
        lease=Lease(lease),
        reconcile_pause=reconcile_pause,
        retry_pause=timedelta(milliseconds=50),
    )
    identity = Identity(service="test", replica="one", version="source", pid=1)
    stop = Stop()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Worker(pool, registry, identity, plan, Random(1)).run, stop)
        yield
        stop.request()
