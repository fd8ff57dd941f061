"""What the handlers did, as the workers wrote it down."""

from pathlib import Path
from typing import Literal

import msgspec


class Event(msgspec.Struct, frozen=True):
    """*at* is the machine's monotonic clock, which all processes share; *life* names the worker process."""

    at: float
    life: str
    what: Literal["start", "end"]
    mark: str


def read(path: Path) -> list[Event]:
    """Return every event in the order of time."""
    if not path.exists():
        return []
    events = [msgspec.json.decode(line, type=Event) for line in path.read_bytes().splitlines()]
    return sorted(events, key=lambda event: event.at)
