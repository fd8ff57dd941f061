"""Looks for jobs in pieces of a bounded size, so that no search holds up the database, however much there is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import anyio
import msgspec

from fleet.dashboard.asked import Wanted, number
from fleet.dashboard.reading import Reading
from fleet.db import Row

PAGE = 50
PATIENCE = timedelta(milliseconds=120)
# So many jobs are looked through in some hundredths of a second; first a few, where most searches find a page.
_PIECE = 20_000
_FIRST_PIECE = 1_000
_GROWTH = 4
_LATEST = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_HOURS = 1000


class Found(msgspec.Struct, kw_only=True):
    """Some jobs; *rest* is where to go on, None at the end; *looked_back_to* is how far it came when time ran out."""

    rows: list[Row] = []
    rest: str | None = None
    looked_back_to: datetime | int | None = None


async def live(
    reading: Reading, wanted: Wanted, rest: str | None, *, limit: int = PAGE, patience: timedelta = PATIENCE
) -> Found:
    """Return live jobs, the youngest first."""
    found = Found()
    if wanted.live == [] or wanted.error_class is not None:
        return found
    below = number(rest)
    until = anyio.current_time() + patience.total_seconds()
    piece = _FIRST_PIECE
    while True:
        rows = await reading.rows(
            "live_jobs",
            *(below, wanted.kind, wanted.queue, wanted.live, wanted.key, wanted.args, wanted.after, wanted.before),
            *(limit - len(found.rows), piece),
        )
        found.rows += [row for row in rows if row["id"] is not None]
        if len(found.rows) == limit:
            found.rest = str(found.rows[-1]["id"])
            return found
        if rows[0]["looked"] < piece:
            return found
        piece = min(piece * _GROWTH, _PIECE)
        below = rows[0]["lowest"]
        if anyio.current_time() > until:
            found.rest, found.looked_back_to = str(below), below
            return found


async def finished(
    reading: Reading, wanted: Wanted, rest: str | None, *, limit: int = PAGE, patience: timedelta = PATIENCE
) -> Found:
    """Return finished jobs, the latest first: in pieces of time, which the sums say are worth it."""
    found = Found()
    if wanted.ended == []:
        return found
    until = anyio.current_time() + patience.total_seconds()
    start, below = _read(rest)
    async for first, last in _pieces(reading, wanted, start):
        rows = await reading.rows(
            "finished_jobs",
            *(first, last, below if last == start else None, wanted.kind, wanted.queue, wanted.ended, wanted.key),
            *(wanted.args, wanted.error_class, wanted.sentence, limit - len(found.rows)),
        )
        found.rows += rows
        if len(found.rows) == limit:
            found.rest = _write(rows[-1]["at"], rows[-1]["id"])
            return found
        if anyio.current_time() > until:
            found.rest, found.looked_back_to = _write(first, None), first
            return found
    return found


async def _pieces(reading: Reading, wanted: Wanted, start: datetime | None) -> AsyncIterator[tuple[datetime, datetime]]:
    """Yield spans of time, the latest first, that hold about as many jobs as are looked through at once."""
    sums = await reading.row("freshness")
    if sums is None:
        return
    earliest = max(wanted.after or _BEGINNING, _BEGINNING)
    last = min(start or LARGEST_TIME, wanted.before or LARGEST_TIME, sums["now"] + _HOUR)
    # What no sum tells of yet.
    while last > max(sums["since"], earliest):
        first = max(last - (_LATEST if last <= sums["now"] else 2 * _HOUR), sums["since"], earliest)
        yield first, last
        last = first
    piece = _FIRST_PIECE
    while last > earliest:
        busy = await reading.rows("busy_hours", earliest, last, wanted.kind, wanted.queue, wanted.ended)
        for first, end, jobs in _joined(busy):
            before, ending = max(first, earliest), min(end, last)
            while ending > before:
                # As if they had ended evenly over the time.
                beginning = max(before, ending - (end - first) * min(piece / jobs, 1))
                yield beginning, ending
                ending = beginning
                piece = min(piece * _GROWTH, _PIECE)
        if len(busy) < _HOURS:
            return
        last = busy[-1]["at"]


def _joined(busy: list[Row]) -> list[tuple[datetime, datetime, int]]:
    """Return stretches of hours that follow each other and hold no more than a piece, with what they hold."""
    joined: list[tuple[datetime, datetime, int]] = []
    for hour in busy:
        first, end, jobs = hour["at"], hour["at"] + _HOUR, hour["jobs"]
        if joined and joined[-1][0] == end and joined[-1][2] + jobs <= _PIECE:
            _, end, before = joined.pop()
            jobs += before
        joined.append((first, end, jobs))
    return joined


LARGEST_TIME = datetime(2200, 1, 1, tzinfo=UTC)


def _write(at: datetime, below: int | None) -> str:
    return f"{at.isoformat()}~{'' if below is None else below}"


def _read(rest: str | None) -> tuple[datetime | None, int | None]:
    if rest is None:
        return None, None
    at, _, below = rest.partition("~")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None or not _BEGINNING < moment < LARGEST_TIME:
        raise ValueError(at)
    return moment, number(below) if below else None
