"""One queue to test twice: in PostgreSQL and in memory, behind the same methods."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol, cast
from uuid import UUID

import anyio

from fleet.config import DatabaseUrl
from fleet.db import COMMAND_LIMIT, Connection, Pool, Row, connect
from fleet.queue.store import Store
from tests.queue.asleep import sleep_on_everything
from tests.queue.sql.session import NOON, Change, Queue
from tests.simulation.controls import Database
from tests.simulation.rows import Kind
from tests.simulation.wire import answer_of, function_of, rows_of

# Enough that none is ever put off: the memory has no retry budgets.
RETRIES = 1_000_000
# The memory does not age either, and the claim does so at random.
NEVER = timedelta(days=36_500)

KINDS = (Kind(kind="note", queue="notes"), Kind(kind="sync", queue="notes", unique_scope="waiting"))
QUEUES = ("notes",)

Rows = list[tuple[object, ...]]


class Bench(Protocol):
    """What the conformance of the memory is tested with; *store* is the program's own, on either."""

    store: Store

    async def enqueue(self, kind: str = "note", **named: Any) -> tuple[int, bool]: ...
    async def cancel(self, *jobs: int) -> list[Change]: ...
    async def retry(self, *jobs: int) -> list[Change]: ...
    async def pause(self, lasting: timedelta | None) -> tuple[str, str, str]: ...
    async def resume(self) -> tuple[str, str, str]: ...
    async def limit_keys(self, max_active: int) -> None: ...
    async def limit_queue(self, max_running: int | None) -> None: ...
    async def renew(self, worker: UUID, lease: timedelta) -> bool: ...
    async def rescue(self) -> int: ...
    async def advance(self, by: timedelta) -> None: ...
    async def everything(self) -> Rows: ...
    async def notified(self) -> set[tuple[str, str]]:
        """Return what was notified about since the last call."""
        ...


class InMemory:
    """The queue that the simulation runs on."""

    def __init__(self) -> None:
        self._time = NOON
        self._database = Database(lambda: self._time)
        for kind in KINDS:
            self._database.declare_kind(kind)
        self.store = Store(_InstantPool(self._database))

    async def enqueue(self, kind: str = "note", **named: Any) -> tuple[int, bool]:
        return self._database.enqueue(kind, **named)

    async def cancel(self, *jobs: int) -> list[Change]:
        return self._database.cancel(jobs, "a whim")

    async def retry(self, *jobs: int) -> list[Change]:
        return self._database.retry(jobs)

    async def pause(self, lasting: timedelta | None) -> tuple[str, str, str]:
        return self._database.pause("notes", lasting)

    async def resume(self) -> tuple[str, str, str]:
        return self._database.resume("notes")

    async def limit_keys(self, max_active: int) -> None:
        self._database.limit_keys("notes", max_active)

    async def limit_queue(self, max_running: int | None) -> None:
        self._database.limit_queue("notes", max_running)

    async def renew(self, worker: UUID, lease: timedelta) -> bool:
        return self._database.renew_lease(worker, lease)

    async def rescue(self) -> int:
        return self._database.rescue()

    async def advance(self, by: timedelta) -> None:
        self._time += by

    async def everything(self) -> Rows:
        database = self._database
        live: Rows = [("live", *(getattr(job, column) for column in _LIVE)) for _, job in sorted(database.jobs.items())]
        ended: Rows = [
            ("ended", *(getattr(one.job, column) for column in _ENDED), *(getattr(one, column) for column in _END))
            for _, one in sorted(database.ended.items())
        ]
        story: Rows = [
            ("attempt", one.job, one.token, one.attempt, one.outcome, one.error_class, one.error_message)
            for one in sorted(database.attempts, key=lambda one: (one.job, one.token))
        ]
        return live + ended + story + [("worker", worker) for worker in sorted(database.workers)]

    async def notified(self) -> set[tuple[str, str]]:
        return set(self._database.take_outbox())


_LIVE = (
    "id",
    "kind",
    "queue",
    "state",
    "priority",
    "attempt",
    "max_attempts",
    "interruptions",
    "crashes",
    "token",
    "unique_key",
    "unique_scope",
    "fair_key",
    "worker",
    "enqueued_at",
    "run_at",
    "claimed_at",
    "cancel_requested_at",
    "cancel_reason",
)
_ENDED = (
    "id",
    "kind",
    "queue",
    "priority",
    "attempt",
    "max_attempts",
    "token",
    "unique_key",
    "fair_key",
    "enqueued_at",
)
_END = ("outcome", "result", "error_class", "error_message")

# The same columns; unique_scope says nothing about a job without a key.
_EVERYTHING = """
    select array['live', id::text] as place, to_jsonb(row) as row from (
        select {live} from fleet.job
    ) as row
"""


class InPostgres:
    """The queue itself."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._heard: set[tuple[str, str]] = set()
        self.store = Store(_OneConnection(queue.connection))

    def hear(self, *notification: Any) -> None:
        self._heard.add(notification[-2:])

    async def enqueue(self, kind: str = "note", **named: Any) -> tuple[int, bool]:
        row = await self._queue.enqueue(kind, **named)
        return row["id"], row["inserted"]

    async def cancel(self, *jobs: int) -> list[Change]:
        return [cast("Change", tuple(row)) for row in await self._queue.cancel(*jobs, reason="a whim")]

    async def retry(self, *jobs: int) -> list[Change]:
        return [cast("Change", tuple(row)) for row in await self._queue.retry(*jobs)]

    async def pause(self, lasting: timedelta | None) -> tuple[str, str, str]:
        return await self._queue.pause(lasting=lasting)

    async def resume(self) -> tuple[str, str, str]:
        return await self._queue.resume()

    async def limit_keys(self, max_active: int) -> None:
        await self._queue.connection.execute("select fleet.limit_keys('notes', $1)", max_active)

    async def limit_queue(self, max_running: int | None) -> None:
        await self._queue.connection.execute("select fleet.limit_queue('notes', $1)", max_running)

    async def renew(self, worker: UUID, lease: timedelta) -> bool:
        return await self._queue.renew(worker, lease)

    async def rescue(self) -> int:
        return await self._queue.rescue()

    async def advance(self, by: timedelta) -> None:
        await self._queue.advance(by)

    async def everything(self) -> Rows:
        fetch = self._queue.connection.fetch
        live = await fetch(
            f"select {', '.join(_LIVE)} from fleet.job order by id".replace("state", "state::text").replace(
                "unique_scope", "unique_scope::text"
            )
        )
        ended = await fetch(
            f"select {', '.join(_ENDED)}, outcome::text, result::text, error_class, error_message"
            " from fleet.job_history order by id"
        )
        story = await fetch(
            "select job_id, token, attempt, outcome::text, error_class, error_message from fleet.attempt"
            " order by job_id, token"
        )
        workers = await fetch("select id from fleet.worker order by id")
        return [
            (name, *row)
            for name, rows in (("live", live), ("ended", ended), ("attempt", story), ("worker", workers))
            for row in rows
        ]

    async def notified(self) -> set[tuple[str, str]]:
        # The server sends one's own notifications before it says that it is ready; the driver then calls soon.
        await anyio.lowlevel.checkpoint()
        heard, self._heard = self._heard, set()
        return heard


@asynccontextmanager
async def bench_on(queue: Queue, url: DatabaseUrl) -> AsyncIterator[InPostgres]:
    """The queue in PostgreSQL, with the kinds and without what happens there at random."""
    for kind in KINDS:
        await queue.declare(kind.kind, queue=kind.queue, unique_scope=kind.unique_scope, retries_per_minute=RETRIES)
    await queue.connection.execute("set synchronous_commit = off")
    # Ids are compared as well.
    await queue.connection.execute("alter table fleet.job alter column id restart")
    await queue.connection.execute("select fleet.set_ageing('notes', $1)", NEVER)
    bench = InPostgres(queue)
    for channel in ("fleet_wake", "fleet_cancel"):
        await queue.connection.add_listener(channel, bench.hear)
    # From elsewhere: nobody's own lock is in the way of what they add.
    async with connect(url, application="fleet-tests") as sleeper:
        await sleep_on_everything(sleeper)
        yield bench
    for channel in ("fleet_wake", "fleet_cancel"):
        await queue.connection.remove_listener(channel, bench.hear)


class _OneConnection(Pool):
    """A pool of the connection whose clock the test sets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tidy(self) -> Pool:
        return self

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        yield self._connection


class _InstantPool(Pool):
    """A pool without a wire: each call is answered at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tidy(self) -> Pool:
        return self

    async def fetch(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> list[Row]:
        del limit
        return rows_of(answer_of(self._database, function_of(query), arguments))

    async def fetchval(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> Any:
        del limit
        return answer_of(self._database, function_of(query), arguments)

    async def execute(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> str:
        del limit
        answer_of(self._database, function_of(query), arguments)
        return "SELECT 1"
