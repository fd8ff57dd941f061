"""How long a host asks to be left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from fleet.http import Answer

SHORTEST = timedelta(seconds=1)
# What both hosts recommend where they say nothing.
USUAL = timedelta(minutes=1)
# The windows of both hosts last an hour or less; a host that asks for more is asked again all the same.
LONGEST = timedelta(hours=1)
# Over how long those who wait for the same moment are spread, where they wait for longer than this.
SPREAD = timedelta(minutes=1)

_LIMITED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
_MOST_DIGITS = 18
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining")
_RESET = ("x-ratelimit-reset", "ratelimit-reset")


class Quiet:
    """Until when a host wants to be left alone, by whoever asks: hosts bar those who go on asking."""

    def __init__(self) -> None:
        self._until: dict[bytes | None, datetime] = {}

    def begin(self, asker: bytes | None, wait: timedelta, *, now: datetime) -> None:
        self._until = {other: until for other, until in self._until.items() if until > now}
        self._until[asker] = now + wait

    def left(self, asker: bytes | None, *, now: datetime) -> timedelta | None:
        """Return how long it lasts; None when it is over."""
        until = self._until.get(asker)
        return None if until is None or until <= now else until - now


def patience(answer: Answer, *, now: datetime) -> timedelta | None:
    """Return how long *answer* asks to wait, within bounds; None when it is no answer of a rate limit.

    A status of 403 is one only when its headers say so: it also means that something may not be read.
    """
    if answer.status not in _LIMITED:
        return None
    wait = _retry_after(answer.headers, now)
    if wait is None and _first(answer.headers, _REMAINING) == "0":
        wait = _until_reset(answer.headers, now)
    if wait is None:
        if answer.status == HTTPStatus.FORBIDDEN and _first(answer.headers, _REMAINING) != "0":
            return None
        wait = USUAL
    return min(max(wait, SHORTEST), LONGEST)


def _retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    text = headers.get("retry-after", "")
    if (seconds := _whole(text)) is not None:
        return _bounded(seconds)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return until.replace(tzinfo=until.tzinfo or UTC) - now


def _until_reset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    moment = _whole(_first(headers, _RESET))
    return None if moment is None else _bounded(moment - int(now.timestamp()))


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name] for name in names if name in headers), "")


def _whole(text: str) -> int | None:
    """Return a number of up to 18 digits; more are no number that anybody means."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _bounded(seconds: int) -> timedelta:
    """A timedelta cannot hold what some hosts ask for."""
    return timedelta(seconds=min(max(seconds, 0), int(LONGEST.total_seconds())))
