"""What the database says of the whole queue, asked when somebody wants to know, and not again for some seconds."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from time import monotonic

import anyio
import msgspec
from anyio.abc import TaskGroup

from fleet.db import ConnectionFailure, Pool, ServerError

# Whoever asks waits so long for an answer, and gets what else there is; the question itself is given up after LIMIT.
PATIENCE = timedelta(seconds=1.5)
LIMIT = timedelta(seconds=3)
# Several collectors, and people, ask the database once.
FRESH = timedelta(seconds=5)


class Gauge(msgspec.Struct, frozen=True):
    """One value of the database; *labels* say of what."""

    name: str
    labels: Mapping[str, str]
    value: float


_labels = msgspec.json.Decoder(dict[str, str])


class Gauges:
    """The latest answer of the database, and whether it gave one; *slots* are those of this process, by queue."""

    def __init__(
        self, pool: Pool, slots: Mapping[str, int], tasks: TaskGroup, clock: Callable[[], float] = monotonic
    ) -> None:
        # Its function sets nothing that outlasts it.
        self._pool = pool.tidy()
        self._slots = slots
        self._tasks = tasks
        self._clock = clock
        self._answered_at = float("-inf")
        self._latest: Sequence[Gauge] | None = None
        self._asking: anyio.Event | None = None

    async def read(self) -> Sequence[Gauge] | None:
        """Return what the database says, or None when it does not answer in time; never raises."""
        if self._clock() - self._answered_at < FRESH.total_seconds():
            return self._latest
        if self._asking is None:
            self._asking = anyio.Event()
            # By itself: who has asked may be gone before there is an answer, and others ask the same.
            self._tasks.start_soon(self._ask)
        with anyio.move_on_after(PATIENCE.total_seconds()):
            await self._asking.wait()
            return self._latest
        return None

    async def _ask(self) -> None:
        asking, self._latest = self._asking, None
        try:
            with anyio.move_on_after(LIMIT.total_seconds()):
                rows = await self._pool.fetch(
                    "select gauge, labels::text as labels, value from fleet.gauges($1, $2)",
                    list(self._slots),
                    list(self._slots.values()),
                    limit=LIMIT,
                )
                self._latest = [
                    Gauge(row["gauge"], _labels.decode(row["labels"]), row["value"])
                    for row in rows
                    if row["value"] is not None
                ]
        except (*ConnectionFailure, ServerError, msgspec.DecodeError):
            # That there is no answer, or none of this release's kind, is the answer.
            pass
        finally:
            self._answered_at = self._clock()
            self._asking = None
            if asking is not None:
                asking.set()
