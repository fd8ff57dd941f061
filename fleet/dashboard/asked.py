"""What a browser asks for: numbers, times and a search, or what is wrong with them."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException

LARGEST = 2**63 - 1
LIVE = ("scheduled", "arriving", "held", "ready", "running")
ENDED = ("done", "failed", "lost", "cancelled")
# What else may be chosen, and which states it stands for.
_CHOICES = {"waiting": LIVE[:4], "live": LIVE, "ended": ENDED, "broken": ("failed", "lost")}
_LONGEST = 1024


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that are looked for; what is None does not matter. *args* is the text of a JSON object."""

    kind: str | None = None
    queue: str | None = None
    state: str | None = None
    key: str | None = None
    args: str | None = None
    after: datetime | None = None
    before: datetime | None = None
    error_class: str | None = None
    sentence: str | None = None

    @property
    def states(self) -> tuple[str, ...] | None:
        if self.state is None:
            return None
        return _CHOICES.get(self.state, (self.state,))

    @property
    def live(self) -> list[str] | None:
        """The live states among those wanted; None: all of them."""
        return None if self.states is None else [state for state in self.states if state in LIVE]

    @property
    def ended(self) -> list[str] | None:
        return None if self.states is None else [state for state in self.states if state in ENDED]

    def address(self, **more: object) -> str:
        """Return the query of this search."""
        fields = {
            name: f"{value:%Y-%m-%dT%H:%M:%S}" if isinstance(value, datetime) else value
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None
        }
        return urlencode({**fields, **{name: value for name, value in more.items() if value is not None}})


def wanted(query: Mapping[str, str]) -> tuple[Wanted, list[str]]:
    """Return what is looked for, and a sentence for each field that makes no sense."""
    problems: list[str] = []
    fields: dict[str, object] = {}
    for name, (read, problem) in _FIELDS.items():
        text = query.get(name, "").strip()
        if not text:
            continue
        value = read(text)
        if value is None:
            problems.append(problem)
        else:
            fields[name] = value
    # An error may say nothing, which is not the same as anything.
    if "error_class" in fields and query.get("sentence") == "":
        fields["sentence"] = ""
    return msgspec.convert(fields, Wanted), problems


def number(text: str | None, otherwise: int = LARGEST) -> int:
    """Return a number that PostgreSQL has room for; anything else is not found."""
    if text is None or text == "":
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > LARGEST:  # noqa: PLR2004  # its digits
        raise HTTPException(404)
    return int(text)


def ids(texts: list[str]) -> list[int]:
    """Return the numbers in fields of a form, each once, ascending."""
    return sorted({number(word) for text in texts for word in text.split()})


def duration(text: str) -> timedelta | None:
    """Return how long a number of minutes is; None for as long as it takes."""
    return timedelta(minutes=min(number(text), 525_600)) if text.strip() else None


def _is_object(text: str) -> bool:
    if len(text) > _LONGEST or "\\u0000" in text:
        return False
    try:
        return isinstance(json.loads(text, parse_constant=_refuse), dict)
    except (ValueError, RecursionError):
        return False


def _refuse(word: str) -> None:
    raise ValueError(word)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if 1990 < moment.year < 2200 else None  # noqa: PLR2004  # what may be counted from and to


def _short(text: str) -> str | None:
    return None if len(text) > _LONGEST or "\0" in text else text


def _state(text: str) -> str | None:
    return text if text in {*LIVE, *ENDED, *_CHOICES} else None


def _object(text: str) -> str | None:
    return text if _is_object(text) else None


_TOO_LONG = "kinds, queues, keys and errors have no more than a thousand characters"
_NO_TIME = "a time is one in UTC, such as 2026-03-01T12:00"
_FIELDS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "kind": (_short, _TOO_LONG),
    "queue": (_short, _TOO_LONG),
    "key": (_short, _TOO_LONG),
    "error_class": (_short, _TOO_LONG),
    "sentence": (_short, _TOO_LONG),
    "state": (_state, "a state is one of those in the list"),
    "args": (_object, 'arguments are searched by a JSON object that they contain, such as {"owner": "psf"}'),
    "after": (_moment, _NO_TIME),
    "before": (_moment, _NO_TIME),
}
