"""How times, spans and numbers are said on the pages."""

import json
from datetime import UTC, datetime, timedelta

# Below this many seconds, tenths matter.
_FINE = 10
_THOUSAND = 1000
NOTHING = "\N{EN DASH}"
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(of: timedelta | float | None) -> str:
    """Say how long, in at most two units: 3 min 20 s."""
    if of is None:
        return NOTHING
    seconds = of.total_seconds() if isinstance(of, timedelta) else of
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    if seconds < 1:
        return f"{sign}{seconds * 1000:.0f} ms"
    if seconds < _FINE:
        return f"{sign}{seconds:.1f} s"
    parts = []
    rest = round(seconds)
    for size, unit in _UNITS:
        if rest >= size:
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return sign + " ".join(parts[:2])


def number(of: float | None) -> str:
    return NOTHING if of is None else f"{of:,.0f}"


def size(of: int | None) -> str:
    """Say how many bytes."""
    if of is None:
        return NOTHING
    amount = float(of)
    for unit in ("B", "kB", "MB"):
        if amount < _THOUSAND:
            return f"{amount:.0f} {unit}"
        amount /= _THOUSAND
    return f"{amount:.1f} GB"


def moment(of: datetime | None) -> str:
    """Say when, in UTC, to the second."""
    return NOTHING if of is None else f"{of.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def pretty(of: str | None) -> str:
    """Return JSON as people read it."""
    return "" if of is None else json.dumps(json.loads(of), indent=2, ensure_ascii=False)


def parsed(of: str | None) -> dict[str, object] | None:
    """Return a JSON object as one; anything else is none."""
    told = json.loads(of) if of else None
    return told if isinstance(told, dict) else None


def per(count: float, over: timedelta) -> str:
    """Say how often: 12/min, 3/h."""
    seconds = over.total_seconds()
    for size_of, unit in ((1, "s"), (60, "min")):
        if count / seconds * size_of >= 1:
            return f"{count / seconds * size_of:,.1f}/{unit}"
    return f"{count / seconds * 3600:,.1f}/h"
