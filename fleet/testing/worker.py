"""A worker process for tests: ``python -m fleet.testing.worker module:attribute PLAN``.

The attribute is a Registry, or opens one: ``(pool) -> async context manager``. The database's address, which may hold a
password, comes in the environment.
"""

import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from importlib import import_module
from random import SystemRandom

import anyio
import msgspec

from fleet import log
from fleet.config import DatabaseUrl, Settings, load
from fleet.db import Pool, open_pool
from fleet.errors import ConfigError
from fleet.queue.drain import Drain, Stop
from fleet.queue.farewell import LAST_MOMENTS, end_within
from fleet.queue.lease import Lease
from fleet.queue.plan import Plan
from fleet.queue.registry import Registry
from fleet.queue.store import Identity
from fleet.queue.wake import Echo
from fleet.queue.worker import Worker
from fleet.testing.working import slots_of

SERVICE = "fleet-testing"
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class WorkerSettings(Settings, frozen=True, kw_only=True):
    """The worker's environment."""

    database_url: DatabaseUrl


class WorkerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a test says about a worker: its *name*, and what of fleet.queue's Plan."""

    name: str
    starter: int
    slots: dict[str, int] | None
    lease: timedelta
    drain: timedelta
    reconcile_pause: timedelta
    echo: Echo


async def work(registry_name: str, plan: WorkerPlan, url: DatabaseUrl) -> int:
    """Work until SIGTERM; returns the exit code."""
    stop = Stop()
    identity = Identity(service=SERVICE, replica=plan.name, version="source", pid=os.getpid())
    async with (
        anyio.create_task_group() as tasks,
        open_pool(url, application=SERVICE, size=8) as pool,
        open_registry(registry_name, pool) as registry,
    ):
        tasks.start_soon(_watch_signals, stop)
        code = await Worker(pool, registry, identity, _plan(plan, registry, url), SystemRandom()).run(stop)
        tasks.cancel_scope.cancel()
    end_within(LAST_MOMENTS)
    return code


@asynccontextmanager
async def open_registry(name: str, pool: Pool) -> AsyncIterator[Registry]:
    """Open what *name* stands for; raises ConfigError when it stands for no registry."""
    module, _, attribute = name.partition(":")
    found: Registry | Callable[[Pool], AbstractAsyncContextManager[Registry]] | None = getattr(
        import_module(module), attribute, None
    )
    if isinstance(found, Registry):
        yield found
    elif callable(found):
        async with found(pool) as registry:
            yield registry
    else:
        raise ConfigError([f"{name} is neither a Registry nor opens one"])


def _plan(plan: WorkerPlan, registry: Registry, url: DatabaseUrl) -> Plan:
    return Plan(
        direct_url=url,
        queues=slots_of(registry) if plan.slots is None else plan.slots,
        drain=Drain.within(plan.drain),
        lease=Lease(plan.lease),
        reconcile_pause=plan.reconcile_pause,
        echo=plan.echo,
        retry_pause=timedelta(milliseconds=100),
    )


async def _watch_signals(stop: Stop) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            stop.request()


def main(registry_name: str, order: str) -> int:
    plan = msgspec.json.decode(order, type=WorkerPlan)
    if sys.platform == "linux":
        # Nobody else would end it, should the test's process be killed.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != plan.starter:
        return 0
    log.configure(service=SERVICE, replica=plan.name)
    url = load(WorkerSettings, os.environ).database_url
    return anyio.run(work, registry_name, plan, url, backend_options={"use_uvloop": True})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
