"""A worker of the present release: ``python present_worker.py URL SERVICE KIND[,KIND...] SLOTS``."""

import os
import signal
import sys
from datetime import timedelta
from random import Random
from typing import ClassVar

import anyio
import msgspec

from fleet import log
from fleet.config import DatabaseUrl
from fleet.db import Pool, open_pool
from fleet.errors import Retry, Snooze
from fleet.queue.context import Context
from fleet.queue.drain import Drain, Stop
from fleet.queue.job import Job
from fleet.queue.lease import Lease
from fleet.queue.plan import Plan
from fleet.queue.registry import Handler, Registry
from fleet.queue.store import Identity
from fleet.queue.worker import Worker

QUEUE = "notes"


class Note(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "note"
    queue: ClassVar[str] = QUEUE

    does: str = ""


class NewNote(Note, frozen=True, kw_only=True):
    kind: ClassVar[str] = "new_note"


class OldNote(Note, frozen=True, kw_only=True):
    kind: ClassVar[str] = "old_note"


KINDS: dict[str, type[Note]] = {"note": Note, "new_note": NewNote, "old_note": OldNote}


class By(msgspec.Struct):
    by: str = "new"


def handler(pool: Pool, service: str) -> Handler[Note]:
    async def write(job: Note, context: Context) -> By:
        tries = await pool.fetchval("select public.note_run($1, $2, $3)", context.id, context.token, service)
        await context.progress(1, None, "written")
        if "wait" in job.does:
            await pool.execute("select pg_advisory_lock_shared(7), pg_advisory_unlock_shared(7)")
        if "raise" in job.does and tries == 1:
            raise Retry("it broke", after=timedelta(0))
        if "snooze" in job.does and tries == 1:
            raise Snooze("not yet", after=timedelta(milliseconds=1))
        return By()

    return write


async def main(*arguments: str) -> int:
    url, service, kinds, slots = arguments
    log.configure(service=service, level="info")
    registry = Registry()
    plan = Plan(
        direct_url=DatabaseUrl(url),
        queues={QUEUE: int(slots)},
        drain=Drain(grace=timedelta(0), cancel=timedelta(seconds=2)),
        lease=Lease(timedelta(seconds=10)),
        retry_pause=timedelta(milliseconds=200),
    )
    identity = Identity(service=service, replica="r1", version="2", pid=os.getpid())
    stop = Stop()
    async with open_pool(DatabaseUrl(url), application=service, size=8) as pool, anyio.create_task_group() as tasks:
        for kind in kinds.split(","):
            registry.add(KINDS[kind], handler(pool, service))

        async def watch_signals() -> None:
            with anyio.open_signal_receiver(signal.SIGTERM) as signals:
                async for _ in signals:
                    stop.request()

        tasks.start_soon(watch_signals)
        code = await Worker(pool, registry, identity, plan, Random(1)).run(stop)
        tasks.cancel_scope.cancel()
    return code


if __name__ == "__main__":
    sys.exit(anyio.run(main, *sys.argv[1:]))
