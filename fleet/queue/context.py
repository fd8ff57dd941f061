"""What a handler is given besides its arguments."""

from collections.abc import Callable
from datetime import timedelta

import anyio
import msgspec

from fleet.db import Connection
from fleet.errors import LeaseLost
from fleet.queue.claim import Claimed
from fleet.queue.store import Store

PROGRESS_PAUSE = timedelta(seconds=1)


class Context:
    """One attempt of one job, as its handler sees it."""

    def __init__(
        self,
        claimed: Claimed,
        store: Store,
        stopping: Callable[[], bool],
        *,
        on_finish: Callable[[], None] | None = None,
    ) -> None:
        self.id = claimed.id
        self.token = claimed.token
        self.attempt = claimed.attempt
        self.max_attempts = claimed.max_attempts
        self.finished = False
        self._claimed = claimed
        self._store = store
        self._stopping = stopping
        self._on_finish = on_finish
        self._last_progress = float("-inf")
        self._last_phase = ""

    @property
    def trace_id(self) -> str:
        return self._claimed.trace_id

    @property
    def stopping(self) -> bool:
        """True once shutdown has begun: a handler that can pause cheaply should."""
        return self._stopping()

    async def progress(self, done: int, total: int | None, phase: str) -> None:
        """Show how far the job is. Written at most once a second, and at each new phase; raises LeaseLost."""
        now = anyio.current_time()
        if phase == self._last_phase and now - self._last_progress < PROGRESS_PAUSE.total_seconds():
            return
        self._last_phase, self._last_progress = phase, now
        progress = msgspec.json.encode({"phase": phase, "done": done, "total": total}).decode()
        if not await self._store.report_progress(self.id, self.token, progress):
            raise LeaseLost("this job now belongs to another worker", job=self.id, token=self.token)

    async def finish(self, connection: Connection, result: msgspec.Struct) -> None:
        """Complete the job inside the handler's own transaction: both commit, or neither does.

        Raises LeaseLost when the job was lost, so that a zombie's writes roll back with it.
        """
        accepted = await self._store.finish_within(connection, self.id, self.token, result)
        if not accepted:
            raise LeaseLost("this job now belongs to another worker", job=self.id, token=self.token)
        self.finished = True
        if self._on_finish is not None:
            self._on_finish()
