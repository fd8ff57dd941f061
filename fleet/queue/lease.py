"""How long a worker may trust its lease, and renewing it from inside the worker.

The worker must stop acting before the server may hand its jobs to another, so it trusts a lease only until *margin*
before its end, counted by its own clock from before the renewal was sent.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

import anyio
import msgspec
import structlog

from fleet.config import Secret
from fleet.db import Connect, Connection, ConnectionFailure, ServerError
from fleet.errors import DatabaseUnavailable, LeaseLost


class Lease(msgspec.Struct, frozen=True):
    """How long a lease lasts; it is renewed five times within that, and given up a fifth early."""

    length: timedelta = timedelta(seconds=15)

    @property
    def pause(self) -> timedelta:
        return self.length / 5

    @property
    def patience(self) -> timedelta:
        """How long a renewal waits for its answer: short enough to try again on another connection."""
        return 2 * self.pause

    @property
    def margin(self) -> timedelta:
        return self.length / 5


class Trust:
    """Until when the lease can be relied on; *granted_at* is what the clock said before it was asked for.

    *on_lost* is called the moment it is lost, before anything is closed or waited for.
    """

    def __init__(
        self, lease: Lease, granted_at: float, on_lost: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        self.lease = lease
        self._granted_at = granted_at
        self._on_lost = on_lost
        self._prolonged = anyio.Event()
        self.clock = clock

    def prolong(self, granted_at: float) -> None:
        self._granted_at = max(self._granted_at, granted_at)
        self._prolonged.set()
        self._prolonged = anyio.Event()

    def seconds_left(self) -> float:
        trusted = (self.lease.length - self.lease.margin).total_seconds()
        return self._granted_at + trusted - self.clock()

    def at_most(self, seconds: float) -> float:
        """Return *seconds*, or what is left if that is less: none, when the process was frozen since it was checked."""
        return max(0.0, min(seconds, self.seconds_left()))

    async def confirmed(self) -> None:
        """Wait while nothing is left: whoever renews the lease either has news that were not heard yet, or loses it."""
        while self.seconds_left() <= 0:
            await self._prolonged.wait()

    def check(self) -> None:
        """Raise LeaseLost when nothing is left."""
        if self.seconds_left() <= 0:
            self.lose("the lease could not be renewed in time")

    def lose(self, why: str) -> NoReturn:
        self._on_lost()
        raise LeaseLost(why)


async def renew(connect: Connect, url: Secret, worker: UUID, trust: Trust) -> None:
    """Keep the lease of *worker* alive until cancelled; raises LeaseLost when it can no longer be trusted."""
    log = structlog.get_logger()
    while True:
        try:
            async with AsyncExitStack() as connected:
                with anyio.fail_after(min(trust.seconds_left(), trust.lease.patience.total_seconds())):
                    connection = await connected.enter_async_context(connect(url, application=f"fleet-lease-{worker}"))
                await _renew_on(connection, worker, trust)
        except (*ConnectionFailure, ServerError, DatabaseUnavailable) as failure:
            log.warning(
                "lease.renewal_failed", reason=type(failure).__name__, seconds_left=round(trust.seconds_left(), 1)
            )
        trust.check()
        await anyio.sleep(trust.at_most(min(1.0, trust.lease.pause.total_seconds())))


async def _renew_on(connection: Connection, worker: UUID, trust: Trust) -> None:
    while True:
        sent_at = trust.clock()
        trust.check()
        with anyio.fail_after(min(trust.seconds_left(), trust.lease.patience.total_seconds())):
            renewed = await connection.fetchval("select fleet.renew_lease($1, $2)", worker, trust.lease.length)
        if not renewed:
            trust.lose("the lease had already run out")
        trust.prolong(sent_at)
        await anyio.sleep(trust.lease.pause.total_seconds())
