"""A whole program on the queue, as its user would write it, with three mistakes; each such line names its error.

Never run, and left out of the project's own check: test_typing.py checks it alone, once more without the mistakes.
"""

from datetime import timedelta
from random import Random
from typing import ClassVar

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import open_pool
from fleet.errors import Fail, Retry
from fleet.queue.context import Context
from fleet.queue.drain import Drain, Stop
from fleet.queue.enqueue import declare, enqueue, enqueue_many
from fleet.queue.job import Job, Policy
from fleet.queue.plan import Plan
from fleet.queue.registry import Registry
from fleet.queue.store import Identity
from fleet.queue.worker import Worker


class Thumbnail(msgspec.Struct, frozen=True):
    """What a resize leaves behind."""

    path: str
    size: int


class Receipt(msgspec.Struct, frozen=True):
    """What a letter leaves behind."""

    sent: int


class Resize(Job, frozen=True, kw_only=True):
    """Make an image smaller."""

    kind: ClassVar[str] = "resize"
    queue: ClassVar[str] = "images"
    policy: ClassVar[Policy] = Policy(max_attempts=5, time_limit=timedelta(minutes=2))
    unique_by: ClassVar[tuple[str, ...]] = ("path", "width")
    result: ClassVar[type[Thumbnail]] = Thumbnail

    path: str
    width: int = 100


class Letter(Job, frozen=True, kw_only=True):
    """Write to somebody."""

    kind: ClassVar[str] = "letter"
    queue: ClassVar[str] = "letters"
    result: ClassVar[type[Receipt | None]] = Receipt

    to: str


class Sweep(Job, frozen=True, kw_only=True):
    """Remove what nobody asked for; says nothing about its result, so that its handler may return what it likes."""

    kind: ClassVar[str] = "sweep"
    queue: ClassVar[str] = "images"


async def resize(job: Resize, context: Context) -> Thumbnail:
    await context.progress(0, job.width, "resize")
    if context.stopping:
        raise Retry("the worker stops", after=timedelta(seconds=1))
    return Thumbnail(path=f"{job.path}.small", size=job.width)


async def blur(job: Resize, _context: Context) -> Receipt:
    return Receipt(sent=job.width)


class Post:
    """A handler with something of its own."""

    def __init__(self, sender: str) -> None:
        self._sender = sender

    async def __call__(self, job: Letter, context: Context) -> Receipt | None:
        if job.to == self._sender:
            raise Fail("nobody writes to himself", to=job.to)
        return Receipt(sent=context.attempt)


async def sweep(_job: Sweep, _context: Context) -> None: ...


def registry_of(sender: str) -> Registry:
    registry = Registry()
    registry.add(Resize, resize)
    registry.add(Letter, Post(sender))
    registry.add(Sweep, sweep)
    registry.add(Letter, resize)  # error: arg-type
    registry.add(Resize, blur)  # error: arg-type
    return registry


async def produce(url: DatabaseUrl) -> list[int]:
    async with open_pool(url, application="producer", size=2) as pool, pool.transaction() as connection:
        await declare(connection, [Resize, Letter, Sweep])
        queued = await enqueue(connection, Resize(path="a.png", width=30), delay=timedelta(seconds=5))
        await enqueue(connection, Resize(path="b.png", width="wide"))  # error: arg-type
        answers = await enqueue_many(connection, [Letter(to="Ada"), Sweep()], priority=-1)
        return [queued.id, *(answer.id for answer in answers if answer.inserted)]


async def work(url: DatabaseUrl, stop: Stop) -> int:
    plan = Plan(
        direct_url=url,
        queues={"images": 4, "letters": 1},
        drain=Drain.within(timedelta(seconds=30)),
        patience=timedelta(1),
    )
    identity = Identity(service="sample", replica="one", version="1", pid=1)
    async with open_pool(url, application="sample", size=4) as pool:
        return await Worker(pool, registry_of("Bob"), identity, plan, Random(1)).run(stop)


async def main() -> None:
    url, stop = DatabaseUrl("postgresql:///sample"), Stop()
    await produce(url)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, url, stop)
        stop.request()
