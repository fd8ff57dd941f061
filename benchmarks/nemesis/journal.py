"""What handlers did, written where no fault reaches: one line for each beginning and end, in a file of this machine.

A line is one write, which outlives the process at once; the database, which the faults are about, is not asked.
"""

import os
from pathlib import Path
from time import monotonic
from typing import Literal

import msgspec

What = Literal["start", "end", "stall"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """*at* is the machine's monotonic clock, which all processes share; *life* names the worker process."""

    at: float
    life: str
    what: What
    job: int = 0
    token: int = 0
    how: str = ""
    seconds: float = 0.0


class Journal:
    """Appends to the file at *path* in the name of one worker process."""

    def __init__(self, path: Path, life: str) -> None:
        self._life = life
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, what: What, *, job: int = 0, token: int = 0, how: str = "", seconds: float = 0.0) -> None:
        event = Event(at=monotonic(), life=self._life, what=what, job=job, token=token, how=how, seconds=seconds)
        os.write(self._descriptor, msgspec.json.encode(event) + b"\n")

    def close(self) -> None:
        os.close(self._descriptor)


def read(path: Path) -> list[Event]:
    """Return every event in the order of time."""
    if not path.exists():
        return []
    events = [msgspec.json.decode(line, type=Event) for line in path.read_bytes().splitlines()]
    return sorted(events, key=lambda event: event.at)
