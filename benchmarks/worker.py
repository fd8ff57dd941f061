"""The worker of the benchmarks, started as one in production is: python -m benchmarks.worker.

It writes how many jobs its handler has run to its standard error when it stops.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from benchmarks.noop import QUEUE, Hold, Noop
from entrypoints._consumer import ConsumerSettings, Slots, consume
from entrypoints._process import run_process
from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.registry import Registry


class WorkerSettings(ConsumerSettings, frozen=True, kw_only=True):
    """The worker's environment. Many slots, as short jobs want: what is claimed at once is at most what is free."""

    benchmark_slots: Slots = 3000


class _Handler:
    def __init__(self) -> None:
        self.ran = 0

    async def __call__(self, _job: Noop, _context: Context) -> None:
        self.ran += 1


async def _hold(_job: Hold, _context: Context) -> None:
    await anyio.sleep_forever()


async def work(settings: WorkerSettings) -> int:
    handler = _Handler()

    @asynccontextmanager
    async def open_registry(_pool: Pool) -> AsyncIterator[Registry]:
        registry = Registry()
        registry.add(Noop, handler)
        registry.add(Hold, _hold)
        yield registry

    code = await consume("benchmark", settings, {QUEUE: settings.benchmark_slots}, open_registry)
    sys.stderr.write(f"{handler.ran}\n")
    return code


if __name__ == "__main__":
    run_process("benchmark", WorkerSettings, work)
