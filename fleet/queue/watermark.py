"""How far a worker has got in each backlog, so that its next claim need not look at all that it has claimed already."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from fleet.queue.claim import Claimed
from fleet.queue.store import Place

# With few slots the most urgent job there is comes next; among so many at a time, a moment does not count.
MANY = 50
FROM_THE_START = timedelta(milliseconds=100)
# Where a look from the start is slow, because an old snapshot keeps what was claimed from being removed: a tenth of it.
SHARE = 10


class _Watermark(msgspec.Struct, frozen=True):
    place: Place
    until: float


class Watermarks:
    """Of each queue, the place that its last claim got to; moments are by the clock of whoever asks."""

    def __init__(self, slots: Mapping[str, int]) -> None:
        self._watched = {queue for queue, number in slots.items() if number >= MANY}
        self._reached: dict[str, _Watermark] = {}

    def after(self, free: Mapping[str, int], now: float) -> Mapping[str, Place]:
        """Return where to look on; a queue that is not named is to be looked at from its start."""
        self._reached = {queue: reached for queue, reached in self._reached.items() if now < reached.until}
        return {queue: reached.place for queue, reached in self._reached.items() if queue in free}

    def note(self, free: Mapping[str, int], claimed: Sequence[Claimed], asked_at: float, now: float) -> None:
        """Remember what a claim of *free* jobs got to that was asked for as *after* said."""
        for queue in self._watched & free.keys():
            rows = [one for one in claimed if one.queue == queue]
            places = [(one.priority, one.id) for one in rows if one.priority is not None]
            reached = self._reached.pop(queue, None)
            if len(rows) < free[queue]:
                continue
            if reached is None:
                until = now + max(FROM_THE_START.total_seconds(), SHARE * (now - asked_at))
            elif not places or min(places) > reached.place:
                until = reached.until
                places.append(reached.place)
            else:
                # There was too little after the place, so that it looked from the start and not at all in between.
                continue
            if places:
                self._reached[queue] = _Watermark(max(places), until)
