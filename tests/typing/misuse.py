"""What a type checker must refuse in a program that uses the queue; each such line names the kind of its error.

Never run, and left out of the project's own check: test_typing.py checks it alone.
"""

from datetime import timedelta
from typing import ClassVar

import msgspec

from fleet.config import Secret
from fleet.db import Connection
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.context import Context
from fleet.queue.enqueue import Queued, enqueue, enqueue_many
from fleet.queue.job import Job, Policy, UniqueScope
from fleet.queue.registry import Registry
from fleet.queue.result import open_results, result
from fleet.queue.retry import Backoff
from fleet.queue.sealed import Sealed


class Resize(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "resize"
    queue: ClassVar[str] = "images"
    unique_scope: ClassVar[UniqueScope] = "waiting"
    policy: ClassVar[Policy] = Policy(exceptions={OSError: Backoff(), "vendor.Gone": None})

    path: str
    width: int = 100


class Rotate(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "rotate"
    queue: ClassVar[str] = "images"
    unique_scope = "finished"  # error: assignment
    policy = Policy(exceptions={OSError(): None})  # error: dict-item

    path: str


class Resized(msgspec.Struct):
    size: int


class Flip(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "flip"
    queue: ClassVar[str] = "images"
    result: ClassVar[type[Resized]] = Resized


class Fold(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "fold"
    queue: ClassVar[str] = "images"
    result: ClassVar[type[str]] = str  # error: assignment


async def resize(job: Resize, context: Context) -> Resized:
    await context.progress(1, None, "resize")
    job.width = 7  # error: misc
    return Resized(size=job.height)  # error: attr-defined


async def rotate(_job: Rotate, _context: Context) -> None: ...


async def flip(_job: Flip, _context: Context) -> None: ...


async def tell(_job: Rotate, _context: Context) -> str:
    return "rotated"


def sleep(_job: Rotate, _context: Context) -> None: ...


class Publish(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "publish"
    queue: ClassVar[str] = "images"

    token: Sealed


def register(registry: Registry) -> None:
    Registry(unseal=lambda text: text)  # error: arg-type
    registry.add(Resize, resize)
    registry.add(Rotate, rotate)
    registry.add(Rotate, resize)  # error: arg-type
    registry.add(Rotate, tell)  # error: arg-type
    registry.add(Rotate, sleep)  # error: arg-type
    registry.add(Rotate(path="a"), rotate)  # error: arg-type
    registry.add(Flip, flip)  # error: arg-type


async def wait(url: Secret, connection: Connection, limit: timedelta) -> Resized:
    await result(url, 1, Resized)  # error: call-arg
    await result("postgresql://host/name", 1, Resized, within=limit)  # error: arg-type
    rotated: Rotate = await result(connection, 1, Resized, within=limit)  # error: arg-type
    async with open_results(url) as results:
        other: int = await results.result(1, Resized, within=limit)  # error: arg-type
    return await result(connection, rotated.kind, Resized, within=other)  # error: arg-type


async def produce(connection: Connection) -> list[Queued]:
    await enqueue(connection, Resize(path="a", width=3), delay=timedelta(seconds=1), on_conflict="replace")
    await enqueue(connection, Publish(token="open"))  # error: arg-type
    await enqueue(connection, Publish(token=Sealed("a")), seal="key")  # error: arg-type
    await enqueue(connection, Resize(path=7))  # error: arg-type
    await enqueue(connection, Resize())  # error: call-arg
    await enqueue(connection, Resize("a"))  # error: call-arg
    await enqueue(connection, Resize(path="a", height=3))  # error: call-arg
    await enqueue(connection, Resize)  # error: arg-type
    await enqueue(connection, Resize(path="a"), delay=5)  # error: arg-type
    await enqueue(connection, Resize(path="a"), on_conflict="overwrite")  # error: arg-type
    await enqueue_many(connection, Resize(path="a"))  # error: arg-type
    await enqueue_many(connection, [Resize(path="a"), "b"])  # error: list-item
    await enqueue_bulk(connection, [{"path": "a"}])  # error: list-item
    first: Queued = await enqueue_bulk(connection, [Resize(path="a")])  # error: assignment
    return [first, *await enqueue_many(connection, [Resize(path="a"), Rotate(path="b")])]
