"""The queue's SQL functions as methods, at a clock that a test sets."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from fleet.config import Secret
from fleet.db import Connection, Row, connect
from fleet.testing.clock import set_clock

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=15)


# An id, what its job was, and what it is now.
Change = tuple[int, str | None, str | None]


class Queue:
    """One session; a claim is a row with an id and a token."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = NOON

    async def set_clock(self, now: datetime) -> None:
        self.now = now
        await set_clock(self.connection, now)

    async def advance(self, by: timedelta) -> None:
        await self.set_clock(self.now + by)

    async def declare(
        self,
        kind: str,
        *,
        queue: str = "notes",
        max_attempts: int = 3,
        unique_by: Sequence[str] = (),
        defaults: str = "{}",
        unique_scope: str = "active",
        fair_by: str | None = None,
        retry_share: float = 0.2,
        retries_per_minute: int = 60,
    ) -> None:
        await self.connection.execute(
            "select fleet.declare_kind($1, $2, $3, interval '1 min', $4, $5::text::jsonb, $6, $7, $8, $9)",
            kind,
            queue,
            max_attempts,
            list(unique_by),
            defaults,
            unique_scope,
            fair_by,
            retry_share,
            retries_per_minute,
        )

    async def enqueue(self, kind: str | None = "note", args: str | None = "{}", **named: object) -> Row:
        """Return (id, inserted); *named* are further arguments of the function."""
        rest = "".join(f", {name} => ${number}" for number, name in enumerate(named, 3))
        row = await self.connection.fetchrow(
            f"select id, inserted from fleet.enqueue($1, $2::text::jsonb{rest})", kind, args, *named.values()
        )
        assert row is not None
        return row

    async def add(self, kind: str = "note", args: str = "{}", **named: object) -> int:
        """Enqueue and return only the id."""
        added: int = (await self.enqueue(kind, args, **named))["id"]
        return added

    async def worker(self, *, lease: timedelta = LEASE) -> UUID:
        worker = uuid4()
        await self.connection.execute(
            "select fleet.register_worker($1, 'analyzer', 'r1', 'v1', 1, '{notes}', '{note}', $2)", worker, lease
        )
        return worker

    async def renew(self, worker: UUID, lease: timedelta = LEASE) -> bool:
        renewed: bool = await self.connection.fetchval("select fleet.renew_lease($1, $2)", worker, lease)
        return renewed

    async def retire(self, worker: UUID) -> None:
        await self.connection.execute("select fleet.retire_worker($1)", worker)

    async def bury(self, worker: UUID) -> int:
        rescued: int = await self.connection.fetchval("select fleet.bury_worker($1)", worker)
        return rescued

    async def claim(
        self,
        worker: UUID,
        free: int | None = 1,
        *,
        queues: Sequence[str] = ("notes",),
        kinds: Sequence[str] = ("note",),
        after: tuple[int, int] | None = None,
    ) -> list[Row]:
        """Claim up to *free* jobs of each of the *queues*, first of those *after* a priority and an id."""
        return await self.connection.fetch(
            "select id, token, kind, queue, args, attempt, max_attempts, traceparent, waited_ms, priority"
            " from fleet.claim($1, $2, $3, $4, $5, $6)",
            worker,
            list(kinds),
            list(queues),
            [free] * len(queues),
            [after[0]] * len(queues) if after else [],
            [after[1]] * len(queues) if after else [],
        )

    async def claimed(self, kind: str = "note", args: str = "{}", **named: object) -> Row:
        """A job that a worker of its own has just claimed."""
        expected = await self.add(kind, args, **named)
        (claim,) = await self.claim(await self.worker())
        assert claim["id"] == expected
        return claim

    async def finish(self, *claims: Row, result: str | None = None) -> list[int]:
        """Return the ids that were accepted, as the other endings do."""
        return await self._end("finish", claims, [result] * len(claims))

    async def fail(
        self,
        *claims: Row,
        delay: timedelta | None = None,
        error: str | None = "Boom",
        message: str = "it broke",
        successes: Mapping[str, int] | None = None,
    ) -> list[int]:
        """End attempts that raised; *successes* are jobs done since the last call, by kind."""
        count = len(claims)
        done = [] if successes is None else [list(successes), list(successes.values())]
        return await self._end("fail", claims, [delay] * count, [error] * count, [message] * count, *done)

    async def snooze(self, *claims: Row, delay: timedelta | None = LEASE) -> list[int]:
        return await self._end("snooze", claims, [delay] * len(claims), ["not yet"] * len(claims))

    async def release(self, *claims: Row) -> list[int]:
        return await self._end("release", claims, "shutdown")

    async def cancel(self, *jobs: int | None, reason: str | None = None) -> list[Change]:
        return await self._change("cancel", "$1, reason => $2", list(jobs), reason)

    async def retry(self, *jobs: int) -> list[Change]:
        return await self._change("retry", "$1", list(jobs))

    async def reschedule(self, *jobs: int, to: datetime | None) -> list[Change]:
        return await self._change("reschedule", "$1, $2", list(jobs), to)

    async def reprioritise(self, *jobs: int, to: int | None) -> list[Change]:
        return await self._change("reprioritise", "$1, $2", list(jobs), to)

    async def move(self, *jobs: int, to: str | None) -> list[Change]:
        return await self._change("move", "$1, $2", list(jobs), to)

    async def pause(
        self, name: str | None = "notes", *, lasting: timedelta | None = None, reason: str | None = None
    ) -> tuple[str, str, str]:
        row = await self.connection.fetchrow(
            "select name, was, now from fleet.pause($1, $2, $3)", name, lasting, reason
        )
        assert row is not None
        return row["name"], row["was"], row["now"]

    async def resume(self, name: str = "notes") -> tuple[str, str, str]:
        row = await self.connection.fetchrow("select name, was, now from fleet.resume($1)", name)
        assert row is not None
        return row["name"], row["was"], row["now"]

    async def report(self, claim: Row) -> bool:
        reported: bool = await self.connection.fetchval(
            """select fleet.report_progress($1, $2, '{"done": 1}')""", claim["id"], claim["token"]
        )
        return reported

    async def promote(self) -> int:
        promoted: int = await self.connection.fetchval("select fleet.promote()")
        return promoted

    async def rescue(self) -> int:
        rescued: int = await self.connection.fetchval("select fleet.rescue()")
        return rescued

    async def held_by(self, worker: UUID) -> list[Row]:
        return await self.connection.fetch("select id, token, cancel_requested from fleet.held_by($1)", worker)

    async def next_due(self, worker: UUID | None = None) -> float | None:
        seconds: float | None = await self.connection.fetchval("select fleet.next_due($1)", worker)
        return seconds

    async def live(self, job: int) -> Row | None:
        return await self.connection.fetchrow("select * from fleet.job where id = $1", job)

    async def state(self, job: int) -> str:
        """The state of a live job, or the outcome of a finished one."""
        state: str = await self.connection.fetchval(
            "select state::text from fleet.job where id = $1"
            " union all select outcome::text from fleet.job_history where id = $1",
            job,
        )
        return state

    async def finished(self, job: int) -> Row | None:
        return await self.connection.fetchrow("select * from fleet.job_history where id = $1", job)

    async def attempts(self, job: int) -> list[Row]:
        return await self.connection.fetch("select * from fleet.attempt where job_id = $1 order by token", job)

    async def is_waiting(self, other: "Queue") -> bool:
        """Whether *other*'s statement waits for a lock."""
        waiting: bool = await self.connection.fetchval(
            "select pg_blocking_pids($1) <> '{}'", other.connection.get_server_pid()
        )
        return waiting

    async def everything(self) -> list[str]:
        """All that the queue stores, to see that nothing changed."""
        rows = await self.connection.fetch(
            "select 'job ' || j::text as row from fleet.job as j"
            " union all select 'history ' || h::text from fleet.job_history as h"
            " union all select 'attempt ' || a::text from fleet.attempt as a"
            " union all select 'queue ' || q::text from fleet.queue as q"
            " union all select 'worker ' || w::text from fleet.worker as w"
            " order by 1"
        )
        return [row["row"] for row in rows]

    async def _change(self, function: str, call: str, *values: object) -> list[Change]:
        """What became of each job: (id, was, now)."""
        rows = await self.connection.fetch(f"select id, was, now from fleet.{function}({call})", *values)
        return [tuple(row) for row in rows]

    async def _end(self, function: str, claims: Sequence[Row], *values: object) -> list[int]:
        places = "".join(f", ${number}" for number, _ in enumerate(values, 3))
        rows = await self.connection.fetch(
            f"select fleet.{function}($1, $2{places}) as id",
            [claim["id"] for claim in claims],
            [claim["token"] for claim in claims],
            *values,
        )
        return [row["id"] for row in rows]


@asynccontextmanager
async def open_queue(url: Secret, *, now: datetime = NOON) -> AsyncIterator[Queue]:
    """Another session on the queue, at the same clock."""
    async with connect(url, application="fleet-tests") as connection:
        queue = Queue(connection)
        await queue.set_clock(now)
        yield queue
