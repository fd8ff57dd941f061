"""A small shop: what the harness is tried on, inside tests and in worker processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar

import anyio
import msgspec
import structlog

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.job import Job, Policy
from fleet.queue.registry import Registry
from fleet.queue.retry import Backoff


class Pack(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "pack"
    queue: ClassVar[str] = "orders"
    policy: ClassVar[Policy] = Policy(
        max_attempts=3,
        time_limit=timedelta(minutes=1),
        backoff=Backoff(first=timedelta(hours=1), cap=timedelta(hours=1)),
    )
    unique_by: ClassVar[tuple[str, ...]] = ("order",)

    order: int
    # The first claim of such a job never ends by itself.
    stays: bool = False


class Notify(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "notify"
    queue: ClassVar[str] = "mails"
    fair_by: ClassVar[str | None] = "customer"

    order: int
    customer: str | None = None


class Parcel(msgspec.Struct):
    order: int
    attempt: int


async def pack(job: Pack, context: Context) -> Parcel:
    log = structlog.get_logger()
    log.info("shop.packing", order=job.order)
    if job.stays and context.token == 1:
        try:
            await anyio.sleep_forever()
        finally:
            log.info("shop.stopped", order=job.order)
    return Parcel(order=job.order, attempt=context.attempt)


async def notify(_job: Notify, _: Context) -> None: ...


registry = Registry()
registry.add(Pack, pack)
registry.add(Notify, notify)


@asynccontextmanager
async def open_registry(pool: Pool) -> AsyncIterator[Registry]:
    """A registry whose handler writes to the database before it ends."""

    async def record(job: Pack, context: Context) -> Parcel:
        async with pool.transaction() as connection:
            await connection.execute("insert into packed values ($1)", job.order)
            parcel = Parcel(order=job.order, attempt=context.attempt)
            await context.finish(connection, parcel)
        return parcel

    recording = Registry()
    recording.add(Pack, record)
    yield recording
