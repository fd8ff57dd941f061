"""Renews the worker's lease, and gives it up in time when it cannot be renewed.

The worker must stop acting before the server may hand its jobs to another, so it trusts a lease only until *margin*
before its end, counted on the monotonic clock from before the renewal was sent.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

import anyio
import msgspec
import structlog

from fleet.config import Secret
from fleet.db import Connection, ConnectionFailure, ServerError, connect
from fleet.errors import DatabaseUnavailable, LeaseLost


class Lease(msgspec.Struct, frozen=True):
    """How long a lease lasts; it is renewed five times within that, and given up a fifth early."""

    length: timedelta = timedelta(seconds=15)

    @property
    def pause(self) -> timedelta:
        return self.length / 5

    @property
    def margin(self) -> timedelta:
        return self.length / 5


async def renew(url: Secret, worker: UUID, lease: Lease, *, granted_at: float, clock: Callable[[], float]) -> None:
    """Keep the lease of *worker* alive until cancelled; raises LeaseLost when it can no longer be trusted.

    *granted_at* is the clock's reading from before the worker was registered.
    """
    renewal = _Renewal(worker, lease, granted_at, clock)
    log = structlog.get_logger()
    while True:
        try:
            async with AsyncExitStack() as connected:
                with anyio.fail_after(renewal.seconds_left()):
                    connection = await connected.enter_async_context(connect(url, application=f"fleet-lease-{worker}"))
                await renewal.renew_on(connection)
        except (*ConnectionFailure, ServerError, DatabaseUnavailable) as failure:
            log.warning(
                "lease.renewal_failed", reason=type(failure).__name__, seconds_left=round(renewal.seconds_left(), 1)
            )
        if renewal.seconds_left() <= 0:
            raise LeaseLost("the lease could not be renewed in time", worker=worker)
        await anyio.sleep(min(1.0, renewal.seconds_left()))


class _Renewal:
    def __init__(self, worker: UUID, lease: Lease, granted_at: float, clock: Callable[[], float]) -> None:
        self._worker = worker
        self._lease = lease
        self._clock = clock
        self._granted_at = granted_at

    def seconds_left(self) -> float:
        trusted = (self._lease.length - self._lease.margin).total_seconds()
        return self._granted_at + trusted - self._clock()

    async def renew_on(self, connection: Connection) -> None:
        while True:
            sent_at = self._clock()
            with anyio.fail_after(self.seconds_left()):
                renewed = await connection.fetchval(
                    "select fleet.renew_lease($1, $2)", self._worker, self._lease.length
                )
            if not renewed:
                raise LeaseLost("the lease had already run out", worker=self._worker)
            self._granted_at = sent_at
            await anyio.sleep(self._lease.pause.total_seconds())
