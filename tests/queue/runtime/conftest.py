"""A worker inside the test, on the test's own database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any, NoReturn

import anyio
import msgspec
import pytest

from fleet.db import Connection, Pool
from fleet.queue.context import Context
from fleet.queue.drain import Drain, Stop
from fleet.queue.enqueue import declare, enqueue
from fleet.queue.job import Job
from fleet.queue.lease import Lease
from fleet.queue.plan import Plan
from fleet.queue.registry import Registry
from fleet.queue.sealed import Unseal
from fleet.queue.store import Identity
from fleet.queue.wake import Echo
from fleet.queue.worker import Worker
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.kinds import Choosy, Greet, Hasty, Unique

Handler = Callable[[Greet, Context], Awaitable[msgspec.Struct | None]]
Working = Callable[..., AbstractAsyncContextManager["Running"]]

IDENTITY = Identity(service="test", replica="one", version="source", pid=1)
SLOTS = {"greetings": 10}


class Abandoned(BaseException):
    """Stands for the end of the process."""


def leave(code: int) -> NoReturn:
    raise Abandoned(code)


class Running(msgspec.Struct):
    """A worker at work; *code* is its exit code once it has stopped."""

    stop: Stop
    code: int | None = None

    async def ended(self) -> int:
        async def code() -> bool:
            return self.code is not None

        await until(code, within=timedelta(seconds=15), what="the worker stops")
        assert self.code is not None
        return self.code


@pytest.fixture
async def working(pool: Pool, database: Database, conn: Connection) -> Working:
    await declare(conn, [Choosy, Greet, Hasty, Unique])

    @asynccontextmanager
    async def working(
        handler: Handler,
        *,
        kind: type[Greet] = Greet,
        slots: Mapping[str, int] = SLOTS,
        drain: Drain = Drain(grace=timedelta(seconds=10), cancel=timedelta(seconds=2)),  # noqa: B008  # frozen
        lease: timedelta = timedelta(seconds=15),
        reconcile_pause: timedelta = timedelta(seconds=5),
        echo: Echo = Echo(),  # noqa: B008  # frozen
        unseal: Unseal | None = None,
    ) -> AsyncIterator[Running]:
        registry = Registry(unseal=unseal)
        registry.add(kind, handler)
        plan = Plan(
            direct_url=database.url,
            queues=slots,
            drain=drain,
            lease=Lease(lease),
            reconcile_pause=reconcile_pause,
            echo=echo,
            retry_pause=timedelta(milliseconds=50),
            leave=leave,
        )
        running = Running(Stop())

        async def work() -> None:
            running.code = await Worker(pool, registry, IDENTITY, plan, Random(1)).run(running.stop)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            yield running
            running.stop.request()

    return working


class Ask:
    """Puts jobs in and says what became of them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def enqueue(self, job: Job, **options: Any) -> int:
        async with self._pool.acquire() as connection:
            return (await enqueue(connection, job, **options)).id

    async def live(self, job: int) -> dict[str, Any] | None:
        row = await self._pool.fetchrow(
            "select state::text, attempt, interruptions, token, worker, progress::text, run_at"
            " from fleet.job where id = $1",
            job,
        )
        return None if row is None else dict(row)

    async def finished(self, job: int, *, within: timedelta = timedelta(seconds=10)) -> dict[str, Any]:
        async def row() -> Any:
            return await self._pool.fetchrow(
                "select outcome::text, attempt, result::text, error_class, error_message"
                " from fleet.job_history where id = $1",
                job,
            )

        return dict(await until(row, within=within, what=f"job {job} is finished"))

    async def story(self, job: int) -> list[tuple[str, int, str | None]]:
        rows = await self._pool.fetch(
            "select outcome::text, attempt, error_class from fleet.attempt where job_id = $1 order by token, ended_at",
            job,
        )
        return [tuple(row) for row in rows]

    async def in_state(self, job: int, state: str) -> dict[str, Any]:
        async def row() -> dict[str, Any] | None:
            live = await self.live(job)
            return live if live is not None and live["state"] == state else None

        return await until(row, within=timedelta(seconds=10), what=f"job {job} is {state}")


@pytest.fixture
def ask(pool: Pool) -> Ask:
    return Ask(pool)
