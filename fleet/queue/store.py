"""The queue's SQL functions as Python functions; nothing else of a worker touches fleet.job."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

import msgspec

from fleet.db import Connection, LockNotAvailable, Pool, Row, ServerError
from fleet.errors import InvalidJob, LeaseLost
from fleet.queue.claim import Claimed
from fleet.queue.outcome import Cancelled, Done, Failed, Snoozed

Key = tuple[int, int]

# In a queue: a priority and an id, in which order jobs are claimed.
Place = tuple[int, int]
_NOWHERE: Mapping[str, Place] = MappingProxyType({})

# For what is asked all the time: a connection that has gone silent must not keep the worker idle for longer.
LIMIT = timedelta(seconds=5)

# Somebody who holds one job at a prompt must not keep the ends of the others waiting.
_PATIENT = "from set_config('lock_timeout', '1s', true)"

# A NUL as JSON writes it, not the six characters of one that a backslash already escapes.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a worker is, for people: shown in fleet.worker and on every log line."""

    service: str
    replica: str
    version: str
    pid: int


class Store:
    """One worker's view of the queue."""

    def __init__(self, pool: Pool) -> None:
        # Its functions set nothing that outlasts them.
        self._pool = pool.tidy()
        self._successes: Counter[str] = Counter()

    async def register(
        self,
        worker: UUID,
        identity: Identity,
        queues: Sequence[str],
        kinds: Sequence[str],
        lease: timedelta,
        *,
        slots: Sequence[int] | None = None,
    ) -> None:
        await self._pool.execute(
            "select fleet.register_worker($1, $2, $3, $4, $5, $6, $7, $8, says_when_it_sleeps => true, slots => $9)",
            worker,
            identity.service,
            identity.replica,
            identity.version,
            identity.pid,
            list(queues),
            list(kinds),
            lease,
            slots,
            limit=LIMIT,
        )

    async def retire(self, worker: UUID) -> None:
        await self._pool.execute("select fleet.retire_worker($1)", worker)

    async def claim(
        self, worker: UUID, kinds: Sequence[str], free: Mapping[str, int], after: Mapping[str, Place] = _NOWHERE
    ) -> list[Claimed]:
        """Claim up to *free* jobs of each queue, first of those *after* a place; raises LeaseLost without a lease."""
        places = [after.get(queue, (None, None)) for queue in free]
        try:
            rows = await self._pool.fetch(
                "select id, token, kind, queue, args, attempt, max_attempts, traceparent, waited_ms, priority"
                " from fleet.claim($1, $2, $3, $4, $5, $6)",
                worker,
                list(kinds),
                list(free),
                list(free.values()),
                [priority for priority, _ in places],
                [job for _, job in places],
                limit=LIMIT,
            )
        except ServerError as refusal:
            if refusal.sqlstate == "FL003":
                raise LeaseLost("this worker has no lease any more", worker=worker) from None
            raise
        # The columns are named above in the order of the fields; by name it would take three times as long.
        return [Claimed(*row.values()) for row in rows]

    async def finish(self, ended: Sequence[tuple[Key, Done]]) -> set[int]:
        """Write what is done; returns the ids whose claim was still current, as the other writers do.

        Raises LockNotAvailable, and has written none, when somebody holds one of the jobs for longer than a moment.
        """
        return _accepted(
            await self._pool.fetch(
                f"select fleet.finish($1, $2, $3) as id {_PATIENT}",
                *_columns(ended),
                [done.result for _, done in ended],
            )
        )

    def count_success(self, kind: str) -> None:
        """Remember that a job of *kind* is done, for the next failure to hand over: it pays for retries."""
        self._successes[kind] += 1

    async def fail(self, ended: Sequence[tuple[Key, Failed]]) -> set[int]:
        handed_over = self._successes.copy()
        accepted = _accepted(
            await self._pool.fetch(
                f"select fleet.fail($1, $2, $3, $4, $5, $6, $7) as id {_PATIENT}",
                *_columns(ended),
                [failed.delay for _, failed in ended],
                [failed.error_class for _, failed in ended],
                [failed.error_message for _, failed in ended],
                list(handed_over),
                list(handed_over.values()),
            )
        )
        self._successes -= handed_over
        return accepted

    async def snooze(self, ended: Sequence[tuple[Key, Snoozed]]) -> set[int]:
        return _accepted(
            await self._pool.fetch(
                f"select fleet.snooze($1, $2, $3, $4) as id {_PATIENT}",
                *_columns(ended),
                [snoozed.delay for _, snoozed in ended],
                [snoozed.reason for _, snoozed in ended],
            )
        )

    async def release(self, keys: Sequence[Key], reason: str) -> set[int]:
        """Hand jobs back; those that somebody holds locked are left to the end of the lease."""
        try:
            return await self._release(keys, reason)
        except LockNotAvailable:
            locked = await self.locked(keys)
            return await self._release([key for key in keys if key not in locked], reason)

    async def end_cancelled(self, ended: Sequence[tuple[Key, Cancelled]]) -> set[int]:
        """Hand back jobs whose cancel was requested, which ends them."""
        return await self._release([key for key, _ in ended], "its handler was stopped to cancel it")

    async def _release(self, keys: Sequence[Key], reason: str) -> set[int]:
        ordered = sorted(keys)
        return _accepted(
            await self._pool.fetch(
                f"select fleet.release($1, $2, $3) as id {_PATIENT}",
                [job for job, _ in ordered],
                [token for _, token in ordered],
                reason,
            )
        )

    async def locked(self, keys: Sequence[Key]) -> set[Key]:
        """Return those of *keys* whose jobs somebody else holds locked."""
        ids = dict(keys)
        rows = await self._pool.fetch(f"select fleet.locked($1) as id {_PATIENT}", sorted(ids), limit=LIMIT)
        return {(row["id"], ids[row["id"]]) for row in rows}

    async def held_by(self, worker: UUID) -> dict[Key, bool]:
        """Return what *worker* is running, and whether its cancel was requested."""
        rows = await self._pool.fetch("select id, token, cancel_requested from fleet.held_by($1)", worker, limit=LIMIT)
        return {(row["id"], row["token"]): row["cancel_requested"] for row in rows}

    async def next_due(self, worker: UUID) -> timedelta | None:
        seconds = await self._pool.fetchval("select fleet.next_due($1)", worker, limit=LIMIT)
        return None if seconds is None else timedelta(seconds=seconds)

    async def report_progress(self, job: int, token: int, progress: str) -> bool:
        reported: bool = await self._pool.fetchval(
            "select fleet.report_progress($1, $2, $3::text::jsonb)", job, token, progress
        )
        return reported

    async def finish_within(self, connection: Connection, job: int, token: int, result: msgspec.Struct) -> bool:
        """Complete a job on the caller's connection, in the caller's transaction."""
        accepted = await connection.fetch("select fleet.finish($1, $2, $3) as id", [job], [token], [encode(result)])
        return bool(accepted)


def encode(result: msgspec.Struct) -> str:
    """Return *result* as JSON text that PostgreSQL can store; raises InvalidJob when it cannot be."""
    try:
        try:
            text = msgspec.json.encode(result).decode()
        except UnicodeEncodeError:
            text = _without_surrogates(result)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InvalidJob("the result cannot be written as JSON", reason=type(problem).__name__) from None
    # jsonb has no NUL; showing it beats losing the job's whole result over one character.
    return _NUL.sub(r"\1␀", text)


def _without_surrogates(result: msgspec.Struct) -> str:
    """Encode what names of files can bring into a result: halves of characters, each shown as a question mark."""
    text = json.dumps(msgspec.to_builtins(result, str_keys=True), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode()


def _columns(ended: Sequence[tuple[Key, object]]) -> tuple[list[int], list[int]]:
    return [job for (job, _), _ in ended], [token for (_, token), _ in ended]


def _accepted(rows: Sequence[Row]) -> set[int]:
    return {row["id"] for row in rows}
