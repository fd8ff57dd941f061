"""Shutdown, within the time the platform leaves between SIGTERM and SIGKILL."""

from datetime import timedelta

import anyio
import msgspec
import structlog

from fleet.db import ConnectionFailure, ServerError
from fleet.queue.ledger import Ledger
from fleet.queue.store import Store

# Left for handing back, ending the lease, and closing the connections, each of which has its own limit.
CLOSING = timedelta(seconds=5)
RELEASE_LIMIT = timedelta(seconds=2)
_HURRIED = timedelta(seconds=5)


class Stop:
    """A request to stop: the first is polite, the second shortens the grace to nothing."""

    def __init__(self) -> None:
        self.requested = anyio.Event()
        self.hurried = anyio.Event()

    def request(self) -> None:
        if self.requested.is_set():
            self.hurried.set()
        self.requested.set()


class Drain(msgspec.Struct, frozen=True):
    """How long handlers may run on after a stop, and how long they have to unwind when cancelled then."""

    grace: timedelta
    cancel: timedelta
    release_first: bool = False

    @classmethod
    def within(cls, budget: timedelta) -> "Drain":
        """Divide *budget*: a fifth to unwind, some seconds to close, the rest as grace.

        A budget too short to unwind in hands the jobs back first: what is cut off then is already somebody else's.
        """
        if budget < _HURRIED:
            return cls(grace=timedelta(0), cancel=budget / 2, release_first=True)
        cancel = min(timedelta(seconds=10), budget / 5)
        return cls(grace=max(timedelta(0), budget - cancel - min(CLOSING, budget / 4)), cancel=cancel)


async def drain(ledger: Ledger, store: Store, stop: Stop, limits: Drain) -> bool:
    """Let the running jobs end, cancel what does not, hand back what is left; False when a handler would not stop.

    The lease, the listener and the finisher stay alive through all of it.
    """
    log = structlog.get_logger()
    if len(ledger):
        log.info("drain.started", running=len(ledger), grace=limits.grace.total_seconds())
    with anyio.move_on_after(limits.grace.total_seconds()):
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(cancel_when, stop.hurried, waiting.cancel_scope)
            await ledger.wait_until_empty()
            waiting.cancel_scope.cancel()
    left = list(ledger)
    if limits.release_first:
        await _release(ledger, store)
    for running in left:
        running.interrupt()
    with anyio.move_on_after(limits.cancel.total_seconds()):
        await ledger.wait_until_out(left)
    stuck = [running.claimed.id for running in left if not running.unwound]
    await _release(ledger, store)
    if stuck:
        log.error("drain.stuck", jobs=stuck)
    return not stuck


async def cancel_when(event: anyio.Event, scope: anyio.CancelScope) -> None:
    await event.wait()
    scope.cancel()


async def _release(ledger: Ledger, store: Store) -> None:
    """Hand every job that is left back at once; whatever cannot be written here, the lease covers."""
    keys = ledger.keys()
    if not keys:
        return
    log = structlog.get_logger()
    with anyio.move_on_after(RELEASE_LIMIT.total_seconds(), shield=True):
        try:
            released = await store.release(sorted(keys), "its worker shut down")
            log.info("drain.released", jobs=sorted(released))
        except (*ConnectionFailure, ServerError) as failure:
            log.warning("drain.release_failed", reason=type(failure).__name__)
            return
    for running in ledger:
        ledger.close(running)
