"""Commands as an operator types them, and a queue with something in it."""

import io
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from anyio import from_thread, to_thread

from fleet.cli.program import run
from fleet.db import Connection, Row
from fleet.testing.database import Database

LEASE = timedelta(minutes=1)


class Ran(msgspec.Struct):
    """What a command wrote, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        (line,) = self.out.splitlines()
        return msgspec.json.decode(line)


Cli = Callable[..., Awaitable[Ran]]


class Person(io.StringIO):
    """Somebody at a terminal, who types *text*; *before* the answer something may happen."""

    def __init__(self, text: str, before: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        super().__init__(text)
        self._before = before

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # as io.StringIO itself has it
        if self._before is not None:
            from_thread.run(self._before)
        return super().readline(-1 if size is None else size)

    def isatty(self) -> bool:
        return True


async def type_command(*argv: str, answers: io.StringIO | None = None, environ: dict[str, str]) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    code = await to_thread.run_sync(partial(run, argv, environ, out, err, answers or io.StringIO()))
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
def cli(database: Database) -> Cli:
    """``await cli("why", "42")``: on the test's database; *answers* is what is typed."""
    environ = {"DATABASE_URL": database.url.reveal(), "USER": "ann"}

    async def typed(*argv: str, answers: io.StringIO | None = None, **more: str) -> Ran:
        return await type_command(*argv, answers=answers, environ=environ | more)

    return typed


class Queue:
    """Jobs in whatever state a test needs them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def declare(self, kind: str = "note", queue: str = "notes") -> None:
        await self.connection.execute("select fleet.declare_kind($1, $2, 3, interval '1 min', '{}', '{}')", kind, queue)

    async def add(self, number: int = 1, kind: str = "note", **named: object) -> list[int]:
        jobs = msgspec.json.encode([{"kind": kind, "args": {}, **named}] * number).decode()
        rows = await self.connection.fetch("select id from fleet.enqueue_many($1::text::jsonb) order by id", jobs)
        return [row["id"] for row in rows]

    async def claim(self, number: int = 1, kind: str = "note", queue: str = "notes") -> list[Row]:
        worker = uuid4()
        await self.connection.execute(
            "select fleet.register_worker($1, 'analyzer', 'r1', 'v1', 1, array[$2], array[$3], $4)",
            *(worker, queue, kind, LEASE),
        )
        return await self.connection.fetch(
            "select id, token from fleet.claim($1, array[$2], array[$3], array[$4::integer])",
            *(worker, kind, queue, number),
        )

    async def fail(self, claims: Sequence[Row], error: str = "Boom", message: str = "it went wrong") -> None:
        number = len(claims)
        await self.connection.execute(
            "select fleet.fail($1, $2, $3, $4, $5)",
            [claim["id"] for claim in claims],
            [claim["token"] for claim in claims],
            *([None] * number, [error] * number, [message] * number),
        )

    async def finish(self, claims: Sequence[Row]) -> None:
        ids, tokens = [claim["id"] for claim in claims], [claim["token"] for claim in claims]
        await self.connection.execute("select fleet.finish($1, $2, $3)", ids, tokens, ["{}"] * len(ids))

    async def failed(self, number: int = 1, **named: str) -> list[int]:
        """Jobs that have just failed."""
        await self.add(number)
        claims = await self.claim(number)
        await self.fail(claims, **named)
        return sorted(claim["id"] for claim in claims)

    async def states(self, *ids: int) -> list[str | None]:
        rows = await self.connection.fetch(
            "select fleet.state_of(given.id) as state from unnest($1::bigint[]) with ordinality as given (id, place)"
            " order by given.place",
            list(ids),
        )
        return [row["state"] for row in rows]

    async def records(self) -> list[Row]:
        return await self.connection.fetch(
            "select what, why, who, session, jobs, count, details::text from fleet.operator_action order by id"
        )


@pytest.fixture
async def queue(conn: Connection) -> Queue:
    queue = Queue(conn)
    await queue.declare()
    return queue
