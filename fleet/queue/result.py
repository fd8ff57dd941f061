"""The result of a job, awaited by another process than the one that runs it.

The wait listens first and asks then, so that no end is missed. A notification only makes it look sooner: where none
arrives, behind a transaction pooler or on a connection that died unseen, it looks by itself every few seconds.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import anyio
import msgspec
import structlog

from fleet.config import Secret
from fleet.db import CLOSE_LIMIT, Connection, ConnectionFailure, Row, connect
from fleet.errors import DatabaseUnavailable, InvalidJob, JobFailed, JobNotEnded, QueueError, UnknownJob
from fleet.queue.wake import RECONNECT_PAUSE, Alarm

ENDED = "fleet_ended"
# How often to look without having heard anything.
LOOK_PAUSE = timedelta(seconds=5)
# How soon to ask again when somebody had the job's row, at first and after a while.
BUSY_PAUSE = timedelta(milliseconds=10)
LONGEST_BUSY_PAUSE = timedelta(seconds=1)

ResultT = TypeVar("ResultT")


class Results:
    """The ends of any number of jobs, awaited on one connection."""

    def __init__(
        self,
        connecting: Callable[[], AbstractAsyncContextManager[Connection]],
        look_pause: timedelta,
        *,
        reconnects: bool = True,
    ) -> None:
        self._connecting = connecting
        self._look_pause = look_pause
        self._reconnects = reconnects
        self._held = AsyncExitStack()
        self._connection: Connection | None = None
        self._asking = anyio.Lock()
        self._alarms: dict[str, set[Alarm]] = {}

    async def result(self, job: int, shape: type[ResultT], *, within: timedelta) -> ResultT:
        """Wait until *job* is done and return its result as a *shape*, which is NoneType for a handler without one.

        Raises JobFailed when it failed, was cancelled or lost, UnknownJob when no job has this id (none was committed,
        or its history is no longer kept), JobNotEnded after *within*, and InvalidJob when the result is no such shape.
        """
        alarm = Alarm()
        self._alarms.setdefault(str(job), set()).add(alarm)
        try:
            with anyio.move_on_after(within.total_seconds()):
                return _decode(job, await self._end_of(job, alarm), shape)
        finally:
            self._alarms[str(job)].discard(alarm)
            if not self._alarms[str(job)]:
                del self._alarms[str(job)]
        raise JobNotEnded("the job has not ended in time", job=job, seconds=within.total_seconds())

    async def close(self) -> None:
        self._connection = None
        await self._held.aclose()

    async def _end_of(self, job: int, alarm: Alarm) -> Row:
        busy_pause = BUSY_PAUSE
        while True:
            alarm.clear()
            try:
                async with self._asking:
                    answer = await self._ask(job)
            except (*ConnectionFailure, DatabaseUnavailable) as failure:
                if not self._reconnects:
                    raise DatabaseUnavailable("the connection was lost", reason=type(failure).__name__) from None
                structlog.get_logger().warning("result.unreachable", job=job, reason=type(failure).__name__)
                await anyio.sleep(RECONNECT_PAUSE.total_seconds())
                continue
            if not isinstance(answer, str):
                return answer
            if answer == "awaited":
                await alarm.wait(self._look_pause)
                continue
            await alarm.wait(busy_pause)
            busy_pause = min(2 * busy_pause, LONGEST_BUSY_PAUSE)

    async def _ask(self, job: int) -> Row | str:
        """Return how *job* ended, or a word for why that is not known yet."""
        connection = await self._listening()
        try:
            answer: str | None = await connection.fetchval("select fleet.await_end($1)", job)
            if answer is None:
                raise UnknownJob("no job has this id", job=job)
            if answer != "finished":
                return answer
            ended = await connection.fetchrow(
                "select outcome::text, result::text, error_class, error_message from fleet.job_history where id = $1",
                job,
            )
        except ConnectionFailure:
            await self.close()
            raise
        # Brought back in between, it is live again.
        return ended or "busy"

    async def _listening(self) -> Connection:
        if self._connection is None:
            # What an earlier one left.
            await self._held.aclose()
            connection = await self._held.enter_async_context(self._connecting())
            self._held.push_async_callback(self._stop_listening, connection)
            connection.add_termination_listener(self._lose)
            await connection.add_listener(ENDED, self._hear)
            self._connection = connection
        return self._connection

    async def _stop_listening(self, connection: Connection) -> None:
        if connection.is_closed():
            return
        connection.remove_termination_listener(self._lose)
        with anyio.move_on_after(CLOSE_LIMIT.total_seconds(), shield=True), suppress(*ConnectionFailure):
            await connection.remove_listener(ENDED, self._hear)

    def _hear(self, *notification: Any) -> None:
        for alarm in self._alarms.get(notification[-1], ()):
            alarm.ring()

    def _lose(self, *_connection: Any) -> None:
        """What was sent meanwhile is lost, so everybody looks; the first of them connects again."""
        self._connection = None
        for alarms in self._alarms.values():
            for alarm in alarms:
                alarm.ring()


@asynccontextmanager
async def open_results(url: Secret, *, look_pause: timedelta = LOOK_PAUSE) -> AsyncIterator[Results]:
    """Await any number of jobs on one connection of its own, made anew when it is lost.

    *url* should reach PostgreSQL itself: behind a transaction pooler an end is noticed only every *look_pause*.
    """
    results = Results(partial(connect, url, application="fleet-results"), look_pause)
    try:
        yield results
    finally:
        await results.close()


async def result(where: "Secret | Connection", job: int, shape: type[ResultT], *, within: timedelta) -> ResultT:
    """Wait for one job, as Results.result does, on a connection of its own or on the caller's.

    The caller's must not be in a transaction, nor in use by others meanwhile; when it is lost, DatabaseUnavailable is
    raised.
    """
    if isinstance(where, Secret):
        async with open_results(where) as results:
            return await results.result(job, shape, within=within)
    results = Results(partial(_borrow, where), LOOK_PAUSE, reconnects=False)
    try:
        return await results.result(job, shape, within=within)
    finally:
        await results.close()


@asynccontextmanager
async def _borrow(connection: Connection) -> AsyncIterator[Connection]:
    if connection.is_closed():
        raise DatabaseUnavailable("the connection is closed")
    if connection.is_in_transaction():
        raise QueueError("a job is not awaited within a transaction, which hears nothing before its end")
    yield connection


def _decode(job: int, ended: Row, shape: type[ResultT]) -> ResultT:
    if ended["outcome"] != "done":
        raise JobFailed(
            "the job did not come to be done",
            job=job,
            outcome=ended["outcome"],
            error_class=ended["error_class"],
            error_message=ended["error_message"],
        )
    try:
        return msgspec.json.decode(ended["result"] or "null", type=shape)
    except msgspec.ValidationError as problem:
        raise InvalidJob(f"the result is not what was expected: {problem}", job=job) from None
