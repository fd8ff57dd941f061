"""Pictures of numbers over time, as SVG; what they look like is the style sheet's."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 180
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 22
# From here on, what follows the point does not matter.
_ROUND = 100
_INNER = WIDTH - LEFT - RIGHT
_TALL = HEIGHT - TOP - BOTTOM


class Line(msgspec.Struct, frozen=True):
    """One row of numbers, the *style* of which is a class of the style sheet; None: nothing is known of that moment."""

    style: str
    label: str
    values: Sequence[float | None]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """*at* are the moments, *step* apart; *unit* is what follows a number where it is said."""

    title: str
    at: Sequence[datetime]
    step: timedelta
    lines: Sequence[Line]
    unit: str = ""


def bars(picture: Picture) -> Markup:
    """Draw the lines on top of each other, a bar for each moment."""
    totals = [sum(line.values[n] or 0 for line in picture.lines) for n in range(len(picture.at))]
    top = _nice(max(totals, default=0))
    shapes = []
    for n, moment in enumerate(picture.at):
        left, width = _place(picture, n)
        bottom = float(TOP + _TALL)
        for line in picture.lines:
            value = line.values[n] or 0
            if value:
                tall = max(value / top * _TALL, 1)
                bottom -= tall
                shapes.append(
                    Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                        line.style, left, bottom, max(width - 1, 0.5), tall
                    )
                )
        shapes.append(_hint(picture, n, left, width, moment))
    return _frame(picture, shapes, _scale(top))


def lines(picture: Picture, *, floor: float | None = None) -> Markup:
    """Draw each line by itself; with a *floor*, what is ten times as much is a step higher, whatever it is."""
    known = [value for line in picture.lines for value in line.values if value is not None]
    top = _nice(max(known, default=0)) if floor is None else max([*known, floor * 10])
    shapes = []
    for line in picture.lines:
        for points in _runs(picture, line, top, floor):
            shape = '<polyline class="{}" points="{}"/>' if len(points) > 1 else '<circle class="{}" {} r="2"/>'
            at = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            if len(points) == 1:
                at = Markup('cx="{:.1f}" cy="{:.1f}"').format(*points[0])
            shapes.append(Markup(shape).format(line.style, at))  # noqa: S704  # one of the two constants above
    shapes += [_hint(picture, n, *_place(picture, n), moment) for n, moment in enumerate(picture.at)]
    return _frame(picture, shapes, _scale(top) if floor is None else _decades(floor, top))


def spark(values: Sequence[float], title: str) -> Markup:
    """Draw a few small bars to stand in a line of text."""
    top = max([*values, 1])
    wide = 96 / max(len(values), 1)
    shapes = [
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            n * wide, 20 - tall, max(wide - 0.5, 0.5), tall
        )
        for n, value in enumerate(values)
        if (tall := max(value / top * 20, 1) if value else 0)
    ]
    return Markup(
        '<svg class="spark" viewBox="0 0 96 20" width="96" height="20" role="img" aria-label="{}">{}</svg>'
    ).format(title, Markup().join(shapes))


def _runs(picture: Picture, line: Line, top: float, floor: float | None) -> list[list[tuple[float, float]]]:
    """Return the points of a line, in a list for each stretch without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for n, value in enumerate(line.values):
        if value is None:
            runs.append([])
            continue
        left, width = _place(picture, n)
        runs[-1].append((left + width / 2, TOP + _TALL * (1 - _height(value, top, floor))))
    return [run for run in runs if run]


def _height(value: float, top: float, floor: float | None) -> float:
    if floor is None:
        return value / top
    return math.log(max(value, floor) / floor) / math.log(top / floor)


def _place(picture: Picture, n: int) -> tuple[float, float]:
    width = _INNER / max(len(picture.at), 1)
    return LEFT + n * width, width


def _hint(picture: Picture, n: int, left: float, width: float, moment: datetime) -> Markup:
    """Return a clear column that says its numbers where the pointer is."""
    told = [
        f"{line.label} {_say(value)}{picture.unit}" for line in picture.lines if (value := line.values[n]) is not None
    ]
    return Markup(
        '<rect class="hint" x="{:.1f}" y="{}" width="{:.1f}" height="{}"><title>{} UTC: {}</title></rect>'
    ).format(left, TOP, width, _TALL, f"{moment.astimezone(UTC):%b %d %H:%M}", ", ".join(told) or "nothing")


def _frame(picture: Picture, shapes: list[Markup], scale: list[tuple[float, str]]) -> Markup:
    grid = [
        Markup('<path class="grid" d="M{} {:.1f}h{}"/><text class="scale" x="{}" y="{:.1f}">{}</text>').format(
            LEFT, y, _INNER, LEFT - 6, y + 4, label
        )
        for height, label in scale
        for y in (TOP + _TALL * (1 - height),)
    ]
    legend = Markup().join(
        Markup(
            '<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="{}" width="10" height="10"/>'
            "</svg>{}</li>"
        ).format(line.style, line.label)
        for line in picture.lines
    )
    return Markup(
        '<figure><figcaption>{title}</figcaption><svg class="chart" viewBox="0 0 {width} {height}" role="img"'
        ' aria-label="{said}">{grid}{shapes}{times}</svg><ul class="legend">{legend}</ul></figure>'
    ).format(
        title=picture.title,
        width=WIDTH,
        height=HEIGHT,
        said=_said(picture),
        grid=Markup().join(grid),
        shapes=Markup().join(shapes),
        times=_times(picture),
        legend=legend,
    )


def _said(picture: Picture) -> str:
    """Return the picture in a sentence, for whoever does not see it."""
    peaks = [
        f"{line.label} at most {_say(max(known))}{picture.unit}"
        for line in picture.lines
        if (known := [value for value in line.values if value is not None])
    ]
    return f"{picture.title}: {', '.join(peaks) or 'nothing'}"


def _times(picture: Picture) -> Markup:
    whole = picture.step * len(picture.at)
    form = "%H:%M" if whole <= timedelta(hours=25) else "%b %d"
    every = max(len(picture.at) // 6, 1)
    return Markup().join(
        Markup('<text class="time" x="{:.1f}" y="{}">{}</text>').format(
            _place(picture, n)[0], HEIGHT - 6, escape(f"{picture.at[n].astimezone(UTC):{form}}")
        )
        for n in range(0, len(picture.at), every)
        if len(picture.at) - n >= every / 2
    )


def _nice(top: float) -> float:
    """Return a round number that is not below *top*."""
    if top <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(top))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= top * 0.999)


def _scale(top: float) -> list[tuple[float, str]]:
    return [(share, _say(top * share)) for share in (0, 0.5, 1)]


def _decades(floor: float, top: float) -> list[tuple[float, str]]:
    steps = math.floor(math.log10(top / floor) + 1e-9)
    every = max(round(steps / 4), 1)
    return [(_height(floor * 10**n, top, floor), _seconds(floor * 10**n)) for n in range(0, steps + 1, every)]


def _seconds(value: float) -> str:
    return f"{value * 1000:g} ms" if value < 1 else f"{value:,g} s"


def _say(value: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size * 10:
            return f"{value / size:,.0f}{unit}"
    return f"{value:,.3g}" if value < _ROUND else f"{value:,.0f}"
