"""Collects suites and tests in the order in which they are written."""

from typing import Final

from fleet.analysis.inventory import Location, Status, Suite, Test
from fleet.analysis.parse.names import clean

# Suites nested deeper are counted as part of the deepest one: what reads the result may recurse.
MAX_DEPTH: Final = 50


class Outline:
    """A file, or a suite that is still open."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._parts: list[tuple[str, Status, Location, Outline]] = []
        self._tests: list[Test] = []

    def add_test(self, name: str, status: Status, location: Location) -> None:
        self._tests.append(Test(clean(name), status, location))

    def add_suite(self, name: str, status: Status, location: Location) -> "Outline":
        """Open a suite inside this one."""
        if self._depth == MAX_DEPTH:
            return self
        inner = Outline(self._depth + 1)
        self._parts.append((clean(name), status, location, inner))
        return inner

    @property
    def is_empty(self) -> bool:
        return not self._tests and not self._parts

    def drop_empty_suites(self) -> None:
        for _, _, _, inner in self._parts:
            inner.drop_empty_suites()
        self._parts = [part for part in self._parts if not part[3].is_empty]

    def tests(self) -> tuple[Test, ...]:
        return tuple(self._tests)

    def suites(self) -> tuple[Suite, ...]:
        return tuple(
            Suite(name, status, location, inner.suites(), inner.tests())
            for name, status, location, inner in self._parts
        )
