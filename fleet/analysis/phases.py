"""How long each phase of an analysis took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from fleet.telemetry import span


class Phases:
    """Seconds by phase; a phase may be entered again and again, and inside another one, whose clock then stands."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._entered: list[str] = []
        self._since = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._take_time()
        self._entered.append(name)
        try:
            with span(name):
                yield
        finally:
            self._take_time()
            self._entered.pop()

    def _take_time(self) -> None:
        now = self._clock()
        if self._entered:
            current = self._entered[-1]
            self.seconds[current] = round(self.seconds.get(current, 0.0) + now - self._since, 4)
        self._since = now
