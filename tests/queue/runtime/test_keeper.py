"""The process that keeps a worker's lease, whatever the worker's own loop does."""

import os
import signal
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

import anyio

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.job import Policy
from fleet.testing.until import until
from tests.queue.kinds import SOON, Greet
from tests.queue.runtime.conftest import Ask, Working

LEASE = timedelta(seconds=1)


class Brief(Greet, frozen=True, kw_only=True):
    kind: ClassVar[str] = "brief_greet"
    policy: ClassVar[Policy] = Policy(time_limit=timedelta(seconds=1), backoff=SOON)


def block(span: timedelta) -> None:
    """Keep the loop from running, as a handler that does not await does."""
    threading.Event().wait(span.total_seconds())


async def keepers() -> list[int]:
    """The keepers among this process's children."""
    children = [
        child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [int(child) for child in children if b"fleet.queue.keeper" in Path(f"/proc/{child}/cmdline").read_bytes()]


async def kept(pool: Pool) -> bool:
    """Whether the keeper renews the lease by now."""
    return bool(
        await pool.fetchval(
            "select count(*) = 1 from pg_stat_activity where application_name like 'fleet-keeper-%'"
            " and datname = current_database() and query like '%renew_lease%' and state = 'idle'"
        )
    )


async def test_a_handler_that_blocks_the_loop_for_many_leases_is_started_once(
    working: Working, ask: Ask, pool: Pool
) -> None:
    starts: list[int] = []

    async def greet(_job: Greet, context: Context) -> None:
        starts.append(context.attempt)
        block(5 * LEASE)

    async with working(greet, lease=LEASE, keeper=True):
        await until(keepers)
        await until(partial(kept, pool))
        job = await ask.enqueue(Greet())
        ended = await ask.finished(job, within=timedelta(seconds=20))

    assert starts == [1]
    assert (ended["outcome"], await ask.story(job)) == ("done", [])


async def test_a_worker_shows_its_slots_and_the_memory_it_takes(working: Working, pool: Pool) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        pass

    async with working(greet, lease=LEASE, keeper=True):
        await until(partial(pool.fetchval, "select memory is not null from fleet.worker"))
        row = await pool.fetchrow("select queues, slots, memory from fleet.worker")

    assert row is not None
    assert len(row["slots"]) == len(row["queues"]) > 0
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    # Its worker is this process, which goes on growing and shrinking.
    assert resident / 2 < row["memory"] < resident * 2


async def test_a_keeper_that_dies_is_replaced_and_the_lease_goes_on(working: Working, ask: Ask, pool: Pool) -> None:
    may_end = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        await may_end.wait()

    async with working(greet, lease=timedelta(seconds=3), keeper=True):
        (first,) = await until(keepers)
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        os.kill(first, signal.SIGKILL)

        async def another() -> bool:
            return bool(set(await keepers()) - {first})

        await until(another, within=timedelta(seconds=10))
        await until(partial(kept, pool), within=timedelta(seconds=10))
        may_end.set()
        ended = await ask.finished(job)

    assert (ended["outcome"], await ask.story(job)) == ("done", [])


async def test_a_worker_that_stops_in_order_leaves_no_keeper(working: Working) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    async with working(greet, keeper=True) as worker:
        await until(keepers)
        worker.stop.request()
        await worker.ended()

        assert await keepers() == []


async def test_a_lease_that_is_taken_away_stops_the_handlers_and_the_keeper(
    working: Working, ask: Ask, pool: Pool
) -> None:
    tokens: list[int] = []

    async def greet(_job: Greet, context: Context) -> None:
        tokens.append(context.token)
        if len(tokens) == 1:
            await anyio.sleep_forever()

    async with working(greet, lease=LEASE, keeper=True):
        (first,) = await until(keepers)
        await until(partial(kept, pool))
        job = await ask.enqueue(Greet())
        await ask.in_state(job, "running")
        await pool.execute("update fleet.worker set lease_until = now() - interval '1 s'")
        ended = await ask.finished(job)

        async def gone() -> bool:
            return first not in await keepers()

        await until(gone)

    assert ended["outcome"] == "done"
    assert len(tokens) == 2


async def test_a_loop_that_is_silent_for_too_long_loses_its_jobs(working: Working, ask: Ask, pool: Pool) -> None:
    starts: list[int] = []

    async def greet(_job: Greet, context: Context) -> None:
        starts.append(context.attempt)
        if context.attempt == 1:
            block(4 * LEASE)

    async with working(greet, kind=Brief, lease=LEASE, keeper=True, stall_grace=timedelta(seconds=1)):
        await until(partial(kept, pool))
        job = await ask.enqueue(Brief())
        ended = await ask.finished(job, within=timedelta(seconds=20))

    assert starts == [1, 2]
    assert (ended["outcome"], await ask.story(job)) == ("done", [("lost", 1, "WorkerLost")])
