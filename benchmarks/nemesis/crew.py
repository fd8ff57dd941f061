"""Workers of which each holds one job, and another one that would take it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import msgspec

from benchmarks.nemesis.journal import Event, read
from benchmarks.nemesis.kinds import QUEUE, Work
from benchmarks.nemesis.lives import Setting, open_life
from fleet.queue.enqueue import enqueue
from fleet.testing.process import WorkerProcess
from fleet.testing.until import until

_PATIENCE = timedelta(seconds=60)


class Crew(msgspec.Struct, frozen=True):
    """The *workers* that hold *jobs*, one each, in no order."""

    workers: Sequence[WorkerProcess]
    jobs: Sequence[int]


@asynccontextmanager
async def open_crew(setting: Setting, name: str, jobs: Sequence[Work]) -> AsyncIterator[Crew]:
    """Start as many workers as there are *jobs*, let each begin one, and start one with room for all of them."""
    held = msgspec.structs.replace(setting, slots=1)
    async with AsyncExitStack() as running:
        workers = [
            await running.enter_async_context(open_life(held, f"{name}.{number}")) for number in range(len(jobs))
        ]
        async with setting.pool.acquire() as connection:
            ids = [(await enqueue(connection, job, queue=QUEUE)).id for job in jobs]
        await started(setting, ids)
        await running.enter_async_context(open_life(msgspec.structs.replace(setting, slots=100), f"{name}.heir"))
        yield Crew(workers, ids)


async def started(setting: Setting, jobs: Sequence[int], *, times: int = 1) -> dict[int, Event]:
    """Wait until each of *jobs* has begun so many *times*; returns the last of these beginnings."""

    async def begun() -> dict[int, Event] | None:
        by_job = {job: [event for event in starts_of(setting) if event.job == job] for job in jobs}
        if any(len(events) < times for events in by_job.values()):
            return None
        return {job: events[times - 1] for job, events in by_job.items()}

    return await until(begun, within=_PATIENCE, what=f"each job has begun {times} times")


def starts_of(setting: Setting) -> list[Event]:
    return [event for event in read(setting.journal) if event.what == "start"]
