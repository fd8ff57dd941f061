"""How values are written for people: durations, moments, and text that strangers wrote."""

import unicodedata
from datetime import UTC, datetime, timedelta

_SECOND = timedelta(seconds=1)
# Controls, and what would reorder or hide what stands around it: an error may quote a repository's text.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return *text* as it may go to a terminal: no control character gets there, so nothing is steered by it."""
    if text.isprintable():
        return text
    return "".join(
        _escaped(character) if unicodedata.category(character) in _UNSEEN else character for character in text
    )


def first_line(text: str | None) -> str:
    return printable((text or "").partition("\n")[0].rstrip("\r"))


def brief(duration: timedelta | None) -> str:
    """Return *duration* in its two largest units, such as 3m20s; nothing for none."""
    if duration is None:
        return ""
    sign, seconds = ("-", -duration) if duration < timedelta(0) else ("", duration)
    if seconds < 10 * _SECOND:
        return f"{sign}{seconds / _SECOND:.1f}s"
    whole = int(seconds / _SECOND)
    for unit, length, smaller, part in (("d", 86_400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= length:
            rest = whole % length // part
            return f"{sign}{whole // length}{unit}" + (f"{rest:02}{smaller}" if rest else "")
    return f"{sign}{whole}s"


def moment(at: datetime | None) -> str:
    """Return *at* as UTC, which is what the logs say."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def size(octets: int) -> str:
    """Return *octets* in the largest unit of which there is at least one."""
    amount = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1024:  # noqa: PLR2004  # PostgreSQL's kB, too
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"  # noqa: PLR2004  # two digits
        amount /= 1024
    return f"{amount:.1f} TB"


def counted(number: int, noun: str) -> str:
    """Return "1 job" or "1,203 jobs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
