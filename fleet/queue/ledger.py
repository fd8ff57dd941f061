"""What this worker is running, and how many more it may take."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

import anyio

from fleet.queue.claim import Claimed
from fleet.queue.store import Key
from fleet.telemetry import Slots, Span, traceparent


class Running:
    """One claimed job from its claim until its end is durable; *deadline* is by the loop's clock."""

    __slots__ = (
        "_scope",
        "cancelled",
        "claimed",
        "deadline",
        "finished",
        "interrupted",
        "lost",
        "parked",
        "span",
        "stuck",
        "unwound",
    )

    def __init__(self, claimed: Claimed) -> None:
        self.claimed = claimed
        self.deadline = float("inf")
        self._scope: anyio.CancelScope | None = None
        self.lost = False
        self.cancelled = False
        self.interrupted = False
        self.finished = False
        self.unwound = False
        self.parked = False
        self.stuck = False
        # That of this attempt, where spans are sent.
        self.span: Span | None = None

    def facts(self) -> dict[str, object]:
        facts = self.claimed.facts()
        if self.span is not None:
            # Within a part of a handler that has a span of its own, that one.
            facts["span_id"] = (traceparent() or self.span.traceparent).split("-")[2]
        return facts

    def enter(self, scope: anyio.CancelScope, deadline: float) -> None:
        """The handler is about to begin inside of *scope*, which others may have been inside of before it."""
        self._scope = scope
        self.deadline = deadline

    def unwind(self) -> None:
        """The handler is out: whatever its scope surrounds from now on is not to be stopped for it."""
        self._scope = None
        self.unwound = True

    def lose(self) -> None:
        """The database says the job is somebody else's: stop, and write nothing."""
        self.lost = True
        self._stop()

    def cancel(self) -> None:
        """Somebody asked to cancel the job: stop, and end it as cancelled."""
        self.cancelled = True
        self._stop()

    def finish(self) -> None:
        """The handler completes the job itself: that the database no longer has it running is no loss."""
        self.finished = True

    def is_stopped(self) -> bool:
        """Whether the handler was told from outside to stop, for whatever reason."""
        return self.lost or self.cancelled or self.interrupted

    def interrupt(self) -> None:
        """The worker shuts down: stop, and leave the job to be handed back."""
        self.interrupted = True
        self._stop()

    def _stop(self) -> None:
        if self._scope is not None:
            self._scope.cancel()


class Ledger:
    """The running jobs by (id, token), against the slots of each queue."""

    def __init__(self, slots: Mapping[str, int]) -> None:
        # Whether the last claim left reason to think that more is waiting than there were slots.
        self.more_waiting = False
        self._inexhausted: Sequence[str] = ()
        # The queues of which the last claim got less than there were slots for: nothing more was there.
        self.idle: AbstractSet[str] = frozenset()
        self._slots = slots
        self._running: dict[Key, Running] = {}
        self._inside = 0
        self._taken = dict.fromkeys(slots, 0)
        self._disowned: set[Key] = set()
        self._changed: anyio.Event | None = None

    def free(self) -> dict[str, int]:
        return {queue: slots - self._taken[queue] for queue, slots in self._slots.items() if slots > self._taken[queue]}

    def disown(self, keys: Iterable[Key]) -> None:
        """What is handed back because nobody here knows it must not run when its claim comes in after all."""
        self._disowned.update(keys)

    def own(self, claimed: Sequence[Claimed]) -> list[Claimed]:
        """Return what may run of a claim that has just come in; what was handed back before came with none but it."""
        owned = [one for one in claimed if one.key not in self._disowned]
        self._disowned.clear()
        return owned

    def open(self, claimed: Claimed) -> Running:
        running = Running(claimed)
        self._running[claimed.key] = running
        self._inside += 1
        self._taken[claimed.queue] += 1
        return running

    def close(self, running: Running) -> None:
        """Free the slot, though the handler may still be inside; closing twice does nothing."""
        if self._running.pop(running.claimed.key, None) is None:
            return
        self._taken[running.claimed.queue] -= 1
        self._announce()

    def unwind(self, running: Running) -> None:
        """The handler is out, though its end may not be durable yet."""
        running.unwind()
        self._inside -= 1
        self._announce()

    def park(self, running: Running) -> None:
        """The job is to be handed back; it stays on the books until it has been."""
        running.parked = True
        self._announce()

    def note_claim(self, free: Mapping[str, int], claimed: Sequence[Claimed]) -> None:
        """Remember whether some queue may hold more than was claimed."""
        taken = Counter([one.queue for one in claimed])
        self.more_waiting = any(taken[queue] >= free.get(queue, 0) for queue in self._slots)
        self._inexhausted = [queue for queue, wanted in free.items() if taken[queue] >= wanted]
        self.idle = free.keys() - self._inexhausted

    def can_claim_more(self) -> bool:
        """Whether a queue that gave all it was asked for has had a slot freed since."""
        return any(self._taken[queue] < self._slots[queue] for queue in self._inexhausted)

    def overdue(self, by: timedelta) -> list[Running]:
        """Return those whose handlers were cancelled for their time limit so long ago, and are still not out."""
        now = anyio.current_time()
        return [one for one in self if not one.unwound and not one.stuck and now - one.deadline > by.total_seconds()]

    def is_clogged(self) -> bool:
        """Whether handlers that will not stop have taken half of the slots of some queue."""
        stuck = Counter(one.claimed.queue for one in self if one.stuck)
        return any(2 * stuck[queue] >= slots for queue, slots in self._slots.items() if stuck[queue])

    def slots(self) -> dict[str, Slots]:
        stuck = Counter(one.claimed.queue for one in self if one.stuck)
        return {queue: Slots(slots, self._taken[queue], stuck[queue]) for queue, slots in self._slots.items()}

    def keys(self) -> set[Key]:
        return set(self._running)

    def get(self, key: Key) -> Running | None:
        return self._running.get(key)

    def __iter__(self) -> Iterator[Running]:
        return iter(tuple(self._running.values()))

    def __len__(self) -> int:
        return len(self._running)

    async def wait_until_empty(self) -> None:
        while self._running:
            await self._change()

    async def wait_until_all_unwound(self) -> None:
        """Wait for every handler, also for one whose job is closed already."""
        while self._inside:
            await self._change()

    async def wait_until_out(self, handlers: Sequence[Running]) -> None:
        """Wait until *handlers* are out and every end but those to be handed back is durable."""
        while not (all(one.unwound for one in handlers) and all(one.parked for one in self)):
            await self._change()

    async def _change(self) -> None:
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()

    def _announce(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None
