"""The keeper of a worker: a process beside it that renews its lease, and buries it the moment it dies.

It does not share the handlers' interpreter, so a handler that blocks the worker's loop costs no lease. The two are tied
by a pipe, whose end is the worker's death. Orders and heartbeats come in on the standard input, what became of the
renewals goes out on the standard output. Run as python -m fleet.queue.keeper, by fleet.queue.keep alone.
"""

import os
import signal
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import anyio
import msgspec

from fleet.config import Secret
from fleet.db import Connection, ConnectionFailure, ServerError, connect
from fleet.errors import DatabaseUnavailable
from fleet.queue.clock import elapsed

RETRY_PAUSE = timedelta(seconds=1)

RENEWED = "renewed"
FAILED = "failed"
LOST = "lost"


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker asks of its keeper. *stall_limit*: how long its loop may be silent before it counts as dead."""

    url: str
    worker: UUID
    length: timedelta
    pause: timedelta
    patience: timedelta
    stall_limit: timedelta


class Keeper:
    """Renews one lease until the worker dies, stalls, or has lost it."""

    def __init__(self, orders: Orders, parent: int) -> None:
        self._orders = orders
        self._parent = parent
        self._last_heard = elapsed()
        self._orphaned = anyio.Event()

    async def keep(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._hear)
            tasks.start_soon(self._renew)
            await self._orphaned.wait()
            tasks.cancel_scope.cancel()
        # For the length of a lease nobody else can know; after that, claims find out by themselves.
        with anyio.move_on_after(self._orders.length.total_seconds()):
            await self._bury()

    async def _hear(self) -> None:
        """Note the heartbeats; the end of the pipe is the end of the worker."""
        while True:
            await anyio.wait_readable(0)
            if not os.read(0, 4096):
                self._orphaned.set()
                return
            self._last_heard = elapsed()

    async def _renew(self) -> None:
        while not self._orphaned.is_set():
            try:
                async with AsyncExitStack() as connected:
                    with anyio.fail_after(self._orders.patience.total_seconds()):
                        connection = await connected.enter_async_context(self._connect())
                    await self._renew_on(connection)
            except (*ConnectionFailure, ServerError, DatabaseUnavailable) as failure:
                say(FAILED, type(failure).__name__)
            await anyio.sleep(min(RETRY_PAUSE, self._orders.pause).total_seconds())

    async def _renew_on(self, connection: Connection) -> None:
        while not self._orphaned.is_set():
            if elapsed() - self._last_heard > self._orders.stall_limit.total_seconds():
                say(FAILED, "Stalled")
                self._orphaned.set()
                return
            if is_stopped(self._parent):
                # Stopped by a signal, it may be stopped for good, as a machine may be: then its lease must run out.
                say(FAILED, "Stopped")
            else:
                await self._renew_once(connection)
            await anyio.sleep(self._orders.pause.total_seconds())

    async def _renew_once(self, connection: Connection) -> None:
        sent_at = elapsed()
        with anyio.fail_after(self._orders.patience.total_seconds()):
            renewed = await connection.fetchval(
                "select fleet.renew_lease($1, $2, $3)",
                self._orders.worker,
                self._orders.length,
                memory_of(self._parent),
            )
        if not renewed:
            say(LOST)
            self._orphaned.set()
            return
        say(RENEWED, repr(sent_at))

    async def _bury(self) -> None:
        while True:
            with suppress(*ConnectionFailure, ServerError, DatabaseUnavailable):
                async with self._connect() as connection:
                    await connection.fetchval("select fleet.bury_worker($1)", self._orders.worker)
                    return
            await anyio.sleep(RETRY_PAUSE.total_seconds())

    def _connect(self) -> AbstractAsyncContextManager[Connection]:
        return connect(Secret(self._orders.url), application=f"fleet-keeper-{self._orders.worker}")


def is_stopped(pid: int) -> bool:
    """Whether a signal has stopped the process; False where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] in {"T", "t"}


def memory_of(pid: int) -> int | None:
    """Return how many bytes of the process are in memory; None where the system does not tell."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def say(*words: str) -> None:
    """Tell the worker; one that has not listened for hours, so that the pipe is full, will need only the latest."""
    with suppress(BlockingIOError, BrokenPipeError):
        os.write(1, (" ".join(words) + "\n").encode())


def main() -> None:
    # Whoever stops the worker means the worker: its keeper stays until the very end of the drain, which is the pipe's.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = os.getppid()
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    for pipe in (0, 1):
        os.set_blocking(pipe, False)
    anyio.run(Keeper(orders, parent).keep)


if __name__ == "__main__":
    main()
