"""What the database says this worker holds, against what it runs: lost jobs stop, unknown claims go back."""

from datetime import timedelta
from uuid import UUID

import anyio
import structlog

from fleet.db import ConnectionFailure, ServerError
from fleet.queue.ledger import Ledger
from fleet.queue.store import Key, Store


async def reconcile(store: Store, worker: UUID, ledger: Ledger, pause: timedelta) -> None:
    """Compare every *pause*, until cancelled.

    A claim is handed back only when two looks in a row find it unknown here: the answer that brings it may still be on
    its way. So neither lost jobs nor lost claims need a message to be noticed.
    """
    log = structlog.get_logger()
    unknown: set[Key] = set()
    while True:
        await anyio.sleep(pause.total_seconds())
        before = ledger.keys()
        try:
            held = await store.held_by(worker)
            known = before | ledger.keys()
            stale = (held - known) & unknown
            unknown = held - known
            if stale:
                await store.release(sorted(stale), "its claim never reached the worker")
                log.warning("claims.handed_back", jobs=sorted(job for job, _ in stale))
        except (*ConnectionFailure, ServerError) as failure:
            log.warning("reconcile.failed", reason=type(failure).__name__)
            continue
        for key in before - held:
            running = ledger.get(key)
            if running is not None and not running.finished:
                log.warning("job.lost", job=key[0])
                running.lose()
