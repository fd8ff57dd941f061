"""A worker inside the test, which its handlers can then share events with."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import NoReturn

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import Pool
from fleet.queue.clock import elapsed
from fleet.queue.drain import Drain, Stop
from fleet.queue.lease import Lease
from fleet.queue.plan import Plan
from fleet.queue.registry import Registry
from fleet.queue.store import Identity
from fleet.queue.wake import Echo
from fleet.queue.worker import Worker
from fleet.testing.until import until

IDENTITY = Identity(service="test", replica="one", version="source", pid=1)
SLOTS = 10
_PATIENT = Drain(grace=timedelta(seconds=10), cancel=timedelta(seconds=2))
_ECHO = Echo()


class Abandoned(BaseException):
    """Stands for the end of the process."""


def leave(code: int) -> NoReturn:
    raise Abandoned(code)


class AtWork(msgspec.Struct):
    """A worker at work; *code* is its exit code once it has stopped."""

    stop: Stop
    code: int | None = None

    async def ended(self) -> int:
        async def code() -> bool:
            return self.code is not None

        await until(code, within=timedelta(seconds=15), what="the worker stops")
        assert self.code is not None  # noqa: S101  # awaited above
        return self.code


class Working:
    """``async with working(registry) as worker``: runs what is queued until the block is left."""

    def __init__(self, pool: Pool, url: DatabaseUrl) -> None:
        self._pool = pool
        self._url = url

    @asynccontextmanager
    async def __call__(
        self,
        registry: Registry,
        *,
        slots: Mapping[str, int] | None = None,
        drain: Drain = _PATIENT,
        lease: timedelta = timedelta(seconds=15),
        reconcile_pause: timedelta = timedelta(seconds=5),
        echo: Echo = _ECHO,
        keeper: bool = False,
        stall_grace: timedelta = timedelta(minutes=1),
        stuck_after: timedelta = timedelta(seconds=10),
        clock: Callable[[], float] = elapsed,
        leave: Callable[[int], NoReturn] = leave,
    ) -> AsyncIterator[AtWork]:
        """Work with ten *slots* in the queue of each kind; where the process would be ended, Abandoned is raised.

        Without a *keeper*, because a process for each worker takes longer than most tests.
        """
        plan = Plan(
            direct_url=self._url,
            queues=slots_of(registry) if slots is None else slots,
            drain=drain,
            lease=Lease(lease),
            reconcile_pause=reconcile_pause,
            echo=echo,
            keeper=keeper,
            stall_grace=stall_grace,
            stuck_after=stuck_after,
            clock=clock,
            retry_pause=timedelta(milliseconds=50),
            leave=leave,
        )
        at_work = AtWork(Stop())

        async def work() -> None:
            worker = Worker(self._pool, registry, IDENTITY, plan, Random(1))  # noqa: S311  # jitter
            at_work.code = await worker.run(at_work.stop)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            yield at_work
            at_work.stop.request()


def slots_of(registry: Registry) -> dict[str, int]:
    return {registry[kind].job.queue: SLOTS for kind in registry}
