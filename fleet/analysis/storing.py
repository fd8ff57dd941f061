"""Stores what is found in batches, one behind the other, while the next one is found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from fleet.analysis import store
from fleet.analysis.attempt import Attempt
from fleet.analysis.inventory import Unparsed, count_tests
from fleet.analysis.phases import Phases
from fleet.analysis.store import StoredFile, Writer
from fleet.db import Pool

# A transaction costs as much as some hundred rows; two batches are in memory at once.
BATCH_FILES: Final = 400
BATCH_TESTS: Final = 10_000


class _Batch(msgspec.Struct):
    """*reached* is the number that the analysis has come to with it."""

    files: list[tuple[int, StoredFile]]
    tests: int = 0
    reached: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.files) >= BATCH_FILES or self.tests >= BATCH_TESTS


class Storing:
    """Takes files by their numbers, in whatever order; made by `open_storing`."""

    def __init__(self, batches: MemoryObjectSendStream[_Batch], phases: Phases, total: int) -> None:
        self._batches = batches
        self._phases = phases
        self._total = total
        self._batch = _Batch([])

    async def add(self, number: int, file: StoredFile) -> None:
        """Take *file*, waiting only where a batch is full before the one before it is stored."""
        batch = self._batch
        batch.files.append((number, file))
        batch.reached = number
        batch.tests += 0 if isinstance(file, Unparsed) else count_tests(file)
        if batch.is_full:
            await self._hand_over()

    async def finish(self, stored: anyio.Event) -> None:
        """Have what is left stored, and wait until all of it is."""
        if self._batch.files:
            self._batch.reached = self._total
            await self._hand_over()
        with self._phases.phase("store"):
            await self._batches.aclose()
            await stored.wait()

    async def _hand_over(self) -> None:
        with self._phases.phase("store"):
            await self._batches.send(self._batch)
        self._batch = _Batch([])


@asynccontextmanager
async def open_storing(
    pool: Pool, writer: Writer, *, attempt: Attempt, phases: Phases, total: int
) -> AsyncIterator[Storing]:
    """Store what is added before the block ends; raises LeaseLost when another worker writes the inventory by now.

    The phase of storing is what the block waits for it. *total* is the number of candidates, for the job's progress.
    """
    # Without room: a batch waits with whoever fills it until the one before it is stored.
    send, receive = anyio.create_memory_object_stream[_Batch](0)
    stored = anyio.Event()

    async def write() -> None:
        await _write(pool, writer, receive, attempt=attempt, total=total)
        stored.set()

    try:
        async with send, receive, anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            storing = Storing(send, phases, total)
            yield storing
            await storing.finish(stored)
    except BaseExceptionGroup as group:
        # The group is a detail of this module: who uses it is to meet the error that it is about.
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


async def _write(
    pool: Pool, writer: Writer, batches: MemoryObjectReceiveStream[_Batch], *, attempt: Attempt, total: int
) -> None:
    async for batch in batches:
        await store.write_batch(pool, writer, batch.files)
        await attempt.progress(batch.reached, total, "parse")
