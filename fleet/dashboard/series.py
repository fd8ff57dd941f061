"""The pictures of the dashboard: what is asked of the database for each span of time, and how it is drawn."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from markupsafe import Markup

from fleet.dashboard import charts
from fleet.dashboard.charts import Line, Picture
from fleet.dashboard.histogram import quantile
from fleet.dashboard.reading import Reading
from fleet.db import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Below this, how long a job takes is the queue's own business.
_SHORTEST = 0.001


class Span(msgspec.Struct, frozen=True):
    """A stretch of time up to now, and how finely it is drawn."""

    name: str
    said: str
    length: timedelta
    step: timedelta
    table: str


SPANS = {
    span.name: span
    for span in (
        Span("1h", "the last hour", timedelta(hours=1), timedelta(minutes=1), "ended_by_minute"),
        Span("24h", "the last 24 hours", timedelta(hours=24), timedelta(minutes=20), "ended_by_minute"),
        Span("7d", "the last 7 days", timedelta(days=7), timedelta(hours=2), "ended_by_hour"),
        Span("30d", "the last 30 days", timedelta(days=30), timedelta(hours=8), "ended_by_hour"),
    )
}
OUTCOMES = ("done", "failed", "lost", "cancelled")


def span_of(name: str | None, otherwise: str = "24h") -> Span:
    return SPANS.get(name or "", SPANS[otherwise])


class Past(msgspec.Struct, frozen=True):
    """What ended in a span of time: totals by outcome, and three pictures."""

    totals: dict[str, int]
    ended: Markup
    took: Markup


async def past(
    reading: Reading, span: Span, now: datetime, *, queue: str | None = None, kind: str | None = None
) -> Past:
    rows = await reading.rows(span.table, now - span.length, span.step, queue, kind)
    at, found = _grid(span, now), {row["at"]: row for row in rows}
    ended = Picture(
        title="Jobs that ended",
        at=at,
        step=span.step,
        lines=[Line(name, name, _column(at, found, name, 0)) for name in OUTCOMES],
    )
    took = Picture(
        title="How long they took",
        at=at,
        step=span.step,
        lines=[
            Line(style, label, _quantiles(at, found, column, share))
            for style, label, column, share in (
                ("run", "ran, half of them within", "runs", 0.5),
                ("run high", "ran, 95 % within", "runs", 0.95),
                ("wait", "waited, half of them within", "waits", 0.5),
                ("wait high", "waited, 95 % within", "waits", 0.95),
            )
        ],
        unit=" s",
    )
    totals = {name: sum(row[name] for row in rows) for name in OUTCOMES}
    return Past(totals, charts.bars(ended), charts.lines(took, floor=_SHORTEST))


async def depths(reading: Reading, span: Span, now: datetime, *, queue: str | None = None) -> Markup:
    """Draw how many jobs were in which state."""
    rows = await reading.rows("depths", now - span.length, span.step, queue)
    at, found = _grid(span, now), {row["at"]: row for row in rows}
    picture = Picture(
        title="Jobs in the queue" if queue else "Jobs in the queues",
        at=at,
        step=span.step,
        lines=[Line(name, name, _column(at, found, name, None)) for name in ("ready", "scheduled", "held", "running")],
    )
    return charts.lines(picture)


def hours(since: datetime, now: datetime, at: Sequence[datetime], jobs: Sequence[int]) -> list[float]:
    """Return a number for each hour, or for each day where those would be too many."""
    step = timedelta(hours=1) if now - since <= timedelta(days=4) else timedelta(days=1)
    first = _binned(since, step)
    found = [0.0] * (int((now - first) / step) + 1)
    for moment, count in zip(at, jobs, strict=True):
        found[min(max(int((moment - first) / step), 0), len(found) - 1)] += count
    return found


def _grid(span: Span, now: datetime) -> list[datetime]:
    first = _binned(now - span.length, span.step)
    return [first + span.step * n for n in range(int((now - first) / span.step) + 1)]


def _binned(moment: datetime, step: timedelta) -> datetime:
    return moment - (moment - _EPOCH) % step


def _column(at: Sequence[datetime], found: dict[datetime, Row], name: str, nothing: float | None) -> list[float | None]:
    return [found[moment][name] if moment in found else nothing for moment in at]


def _quantiles(at: Sequence[datetime], found: dict[datetime, Row], name: str, share: float) -> list[float | None]:
    return [quantile(found[moment][name] or (), share) if moment in found else None for moment in at]
