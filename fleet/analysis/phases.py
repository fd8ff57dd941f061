"""How long each phase of an analysis took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic


class Phases:
    """Seconds by phase; a phase may be entered again and again."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = self._clock()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + self._clock() - started, 4)
