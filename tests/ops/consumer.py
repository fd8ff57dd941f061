"""A consumer as production has them, for jobs that do what a test asks: python -m tests.ops.consumer."""

import ctypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar

import anyio

from entrypoints._consumer import ConsumerSettings, Slots, consume
from entrypoints._process import run_process
from fleet import log
from fleet.db import Pool
from fleet.errors import Fail, Retry
from fleet.queue.context import Context
from fleet.queue.enqueue import enqueue
from fleet.queue.job import Job
from fleet.queue.registry import Registry
from fleet.telemetry import span
from fleet.testing.until import until

LONG = timedelta(minutes=5)


class Act(Job, frozen=True, kw_only=True):
    """What its handler does is *act*; *gate* is a file for which it waits first."""

    kind: ClassVar[str] = "act"
    queue: ClassVar[str] = "acts"
    result: ClassVar[type[None]] = type(None)

    act: str = "end"
    gate: str | None = None
    seconds: float = 0.0


class ActingSettings(ConsumerSettings, frozen=True, kw_only=True):
    """The consumer's environment."""

    acting_slots: Slots = 2


class Handler:
    """Does what it is asked for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __call__(self, job: Act, context: Context) -> None:
        if job.gate is not None:
            await until(anyio.Path(job.gate).exists, within=LONG)
        if job.act == "block":
            # With the interpreter held, as a regular expression does.
            ctypes.PyDLL(None).usleep(int(job.seconds * 1_000_000))
        if job.act == "fail":
            raise Fail("as it was asked to")
        if job.act == "retry" and context.attempt == 1:
            raise Retry("as it was asked to")
        if job.act == "tell":
            with span("tell"):
                log.get_logger().info("told")
        if job.act == "pass on":
            async with self._pool.transaction() as connection:
                await enqueue(connection, Act())


async def act(settings: ActingSettings) -> int:
    @asynccontextmanager
    async def open_registry(pool: Pool) -> AsyncIterator[Registry]:
        registry = Registry()
        registry.add(Act, Handler(pool))
        yield registry

    return await consume("acting", settings, {Act.queue: settings.acting_slots}, open_registry)


if __name__ == "__main__":
    run_process("acting", ActingSettings, act)
