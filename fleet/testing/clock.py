"""The time of a test's database, which a test sets instead of waiting for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from fleet.config import DatabaseUrl
from fleet.db import Connection, Pool, connect


async def set_clock(connection: Connection, now: datetime) -> None:
    """Let it be *now* for the queue in this session, and stay so."""
    await connection.execute("select set_config('fleet.now', $1, false)", now.isoformat())


class Clock:
    """The server's own time until it is set; from then on it moves only when it is moved.

    It holds for the sessions that *follow* it and for every ClockedPool of it. Worker processes live in the server's
    time, so a test has them or moves the clock, not both.
    """

    def __init__(self, url: DatabaseUrl) -> None:
        self.now: datetime | None = None
        self._url = url
        self._sessions: list[Connection] = []

    async def follow(self, session: Connection) -> None:
        """Set the clock of *session*, now and whenever it is moved."""
        self._sessions.append(session)
        if self.now is not None:
            await set_clock(session, self.now)

    async def stop(self) -> datetime:
        """Let it stay the time that it is; returns it."""
        if self.now is None:
            async with connect(self._url, application="fleet-tests") as connection:
                await self.set(await connection.fetchval("select fleet.now()"))
        assert self.now is not None  # noqa: S101  # it has just been set
        return self.now

    async def set(self, now: datetime) -> None:
        self.now = now
        for session in self._sessions:
            if not session.is_closed():
                await set_clock(session, now)

    async def advance(self, by: timedelta) -> datetime:
        """Move the clock on, from the server's time if it was never set; returns what it says then."""
        now = await self.stop() + by
        await self.set(now)
        return now


class ClockedPool(Pool):
    """A pool whose connections are given out with the time of *clock*."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._lender = pool
        self._clock = clock

    def tidy(self) -> Pool:
        """Return itself: the clock is set in the session, and has to go."""
        return self

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        async with self._lender.acquire() as connection:
            if self._clock.now is not None:
                # Giving a connection back resets it, so the clock is set each time.
                await set_clock(connection, self._clock.now)
            yield connection
