"""Tells open pages that something changed, and keeps the sums of finished jobs up to date."""

from collections.abc import AsyncIterator
from datetime import timedelta

import anyio
import msgspec
import structlog

from fleet.dashboard.reading import Reading
from fleet.db import ConnectionFailure, ServerError

MOST_PAGES = 100
# So that nobody between the browser and here believes the stream to be dead.
_QUIET = timedelta(seconds=15)
_ROLLING = timedelta(milliseconds=50)


class Pulse:
    """One look at the database for all pages that are open."""

    def __init__(self, reading: Reading, *, beat: timedelta, sums: timedelta) -> None:
        self._reading = reading
        self._beat = beat
        self._sums = sums
        self._news: dict[str, int] = {}
        self._changed = anyio.Event()
        self._wanted = anyio.Event()
        self._closed = False
        self.pages = 0

    async def run(self) -> None:
        """Look until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._sum_up)
            tasks.start_soon(self._look_again)

    def close(self) -> None:
        """End every stream: a server that stops waits for them."""
        self._closed = True
        self._tell()

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield events for one page: what changed since the last one, as the numbers of sql/dashboard/pulse."""
        self.pages += 1
        self._wanted.set()
        seen: dict[str, int] = {}
        try:
            yield b"retry: 3000\n\n"
            while not self._closed:
                # Taken first: what changes from here on is not missed.
                changed = self._changed
                if self._news != seen:
                    seen = self._news
                    yield b"data: " + msgspec.json.encode(seen) + b"\n\n"
                    continue
                with anyio.move_on_after(_QUIET.total_seconds()) as quiet:
                    await changed.wait()
                if quiet.cancelled_caught:
                    yield b": still here\n\n"
        finally:
            self.pages -= 1

    async def _look_again(self) -> None:
        while True:
            if not self.pages:
                self._wanted = anyio.Event()
                await self._wanted.wait()
            try:
                row = await self._reading.row("pulse")
            except (*ConnectionFailure, ServerError) as failure:
                structlog.get_logger().warning("dashboard.no_pulse", reason=type(failure).__name__)
            else:
                news = dict(row or {})
                if news != self._news:
                    self._news = news
                    self._tell()
            await anyio.sleep(self._beat.total_seconds())

    async def _sum_up(self) -> None:
        while True:
            more = False
            try:
                more = not await self._reading.sum_up()
            except (*ConnectionFailure, ServerError) as failure:
                structlog.get_logger().warning("dashboard.sums_not_kept", reason=type(failure).__name__)
            await anyio.sleep((_ROLLING if more else self._sums).total_seconds())

    def _tell(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
