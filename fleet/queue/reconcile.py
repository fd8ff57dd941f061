"""What the database says this worker holds, against what it runs.

Lost and cancelled jobs stop, claims that never arrived here go back.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from uuid import UUID

import anyio
import structlog

from fleet.db import ConnectionFailure, ServerError
from fleet.queue.ledger import Ledger
from fleet.queue.store import Key, Store
from fleet.queue.wake import Alarm

# How soon to look again when the cancel of a claim was there before the claim itself.
CLAIM_UNDER_WAY = timedelta(milliseconds=100)


async def reconcile(
    store: Store, worker: UUID, ledger: Ledger, pause: timedelta, hint: Alarm, *, on_failure: Callable[[], None]
) -> None:
    """Compare every *pause*, and whenever *hint* rings, until cancelled; a failure calls *on_failure*.

    So neither cancels nor lost jobs nor lost claims need a message to be noticed; a message only makes cancels faster.
    """
    log = structlog.get_logger()
    unknown: set[Key] = set()
    regular_look = anyio.current_time() + pause.total_seconds()
    while True:
        hint.clear()
        next_look = float("inf")
        before = ledger.keys()
        try:
            held = await store.held_by(worker)
            _stop(ledger, before, held)
            if any(cancelled and key not in before for key, cancelled in held.items()):
                next_look = anyio.current_time() + CLAIM_UNDER_WAY.total_seconds()
            # Only looks a full pause apart count: the answer that brings a claim may still be on its way.
            if anyio.current_time() >= regular_look:
                unknown = await _hand_back(store, ledger, held.keys() - before - ledger.keys(), unknown)
                regular_look = anyio.current_time() + pause.total_seconds()
        except (*ConnectionFailure, ServerError) as failure:
            log.warning("reconcile.failed", reason=type(failure).__name__)
            on_failure()
            regular_look = anyio.current_time() + pause.total_seconds()
        await hint.wait(timedelta(seconds=max(0.0, min(next_look, regular_look) - anyio.current_time())))


def _stop(ledger: Ledger, before: Collection[Key], held: Mapping[Key, bool]) -> None:
    """Stop the handlers of what is lost or to be cancelled; *before* is what ran before the database was asked."""
    log = structlog.get_logger()
    for key in before:
        running = ledger.get(key)
        if running is None:
            continue
        if key not in held and not running.finished:
            log.warning("job.lost", job=key[0])
            running.lose()
        elif held.get(key) and not running.cancelled:
            log.info("job.cancelling", job=key[0])
            running.cancel()


async def _hand_back(store: Store, ledger: Ledger, unknown: set[Key], unknown_before: set[Key]) -> set[Key]:
    """Hand back what two looks in a row found unknown here; returns what is to be looked at again."""
    stale = sorted(unknown & unknown_before)
    if stale:
        # Before it is sent: the claim may come in while it is on its way.
        ledger.disown(stale)
        await store.release(stale, "its claim never reached the worker")
        structlog.get_logger().warning("claims.handed_back", jobs=[job for job, _ in stale])
    return unknown
