"""The worker's side of its lease: a keeper that renews it, the worker itself until then, and giving it up in time."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import anyio
import msgspec
import structlog
from anyio.abc import Process

import fleet
from fleet.config import Secret
from fleet.db import Connect
from fleet.queue.keeper import LOST, RENEWED, Orders
from fleet.queue.lease import Trust, renew

RESTART_PAUSE = timedelta(seconds=1)
# For a keeper whose pipe was closed to see that its worker has ended in order.
FAREWELL = timedelta(seconds=1)


async def keep_lease(connect: Connect, url: Secret, worker: UUID, trust: Trust, stall_limit: timedelta) -> None:
    """Keep the lease of *worker* alive until cancelled; raises LeaseLost when it can no longer be trusted.

    A keeper that ends is replaced. One whose worker's loop is silent for longer than *stall_limit* buries the worker.
    """
    lease = trust.lease
    orders = Orders(
        url=url.reveal(),
        worker=worker,
        length=lease.length,
        pause=lease.pause,
        patience=lease.patience,
        stall_limit=stall_limit,
    )
    log = structlog.get_logger()
    while True:
        # A process takes a while to start, and a lease may be short.
        meanwhile = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_renew_within, meanwhile, connect, url, worker, trust)
            try:
                async with _start_keeper(orders) as keeper:
                    await keeper.follow(trust, meanwhile)
            except OSError as failure:
                log.warning("keeper.not_started", reason=type(failure).__name__)
            meanwhile.cancel()
        log.warning("keeper.ended", seconds_left=round(trust.seconds_left(), 1))
        trust.check()
        await anyio.sleep(trust.at_most(min(RESTART_PAUSE, lease.pause).total_seconds()))


async def _renew_within(scope: anyio.CancelScope, connect: Connect, url: Secret, worker: UUID, trust: Trust) -> None:
    with scope:
        await renew(connect, url, worker, trust)


class _Keeper:
    """A keeper at work, at the other end of two pipes."""

    def __init__(self, told: int, heard: int) -> None:
        self._told = told
        self._heard = heard
        self._rest = b""

    async def follow(self, trust: Trust, meanwhile: anyio.CancelScope) -> None:
        """Prolong *trust* as the keeper says, until it has ended; cancel *meanwhile* once it renews."""
        while True:
            with anyio.move_on_after(trust.at_most(trust.lease.pause.total_seconds())):
                await anyio.wait_readable(self._heard)
            # All that was said is heard before the trust is judged: the loop may have been blocked for many leases.
            lives = self._listen(trust, meanwhile)
            trust.check()
            if not lives:
                return
            self.tell(b"\n")

    def tell(self, line: bytes) -> None:
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._told, line)

    def _listen(self, trust: Trust, meanwhile: anyio.CancelScope) -> bool:
        """Take in what the keeper has said; False when it has ended."""
        while True:
            try:
                said = os.read(self._heard, 65536)
            except BlockingIOError:
                return True
            if not said:
                return False
            *lines, self._rest = (self._rest + said).split(b"\n")
            for line in lines:
                self._take_in(line.decode(), trust, meanwhile)

    @staticmethod
    def _take_in(line: str, trust: Trust, meanwhile: anyio.CancelScope) -> None:
        word, _, rest = line.partition(" ")
        if word == LOST:
            trust.lose("the lease had already run out")
        if word == RENEWED:
            trust.prolong(float(rest))
            if not meanwhile.cancel_called:
                structlog.get_logger().info("keeper.renews")
                meanwhile.cancel()
            return
        structlog.get_logger().warning("lease.renewal_failed", reason=rest, seconds_left=round(trust.seconds_left(), 1))


@asynccontextmanager
async def _start_keeper(orders: Orders) -> AsyncIterator[_Keeper]:
    orders_in, told = os.pipe()
    heard, words_out = os.pipe()
    process: Process | None = None
    try:
        for pipe in (told, heard):
            os.set_blocking(pipe, False)
        try:
            # Between the start of a process and the first mention of it there must be no room for a cancellation.
            with anyio.CancelScope(shield=True):
                process = await anyio.open_process(
                    # -P: what lies in the current folder is not to be imported.
                    [sys.executable, "-P", "-m", "fleet.queue.keeper"],
                    stdin=orders_in,
                    stdout=words_out,
                    stderr=None,
                    cwd="/",
                    env={
                        "PATH": os.defpath,
                        "PYTHONPATH": str(Path(fleet.__file__).parent.parent),
                        "LC_ALL": "C.UTF-8",
                    },
                )
        finally:
            os.close(orders_in)
            os.close(words_out)
        keeper = _Keeper(told, heard)
        # Over the pipe, because the orders hold the password of the database.
        keeper.tell(msgspec.json.encode(orders) + b"\n")
        yield keeper
    finally:
        os.close(told)
        os.close(heard)
        if process is not None:
            await _see_off(process)


async def _see_off(process: Process) -> None:
    with anyio.move_on_after(FAREWELL.total_seconds(), shield=True):
        await process.wait()
    if process.returncode is None:
        process.kill()
        with anyio.move_on_after(FAREWELL.total_seconds(), shield=True):
            await process.wait()
