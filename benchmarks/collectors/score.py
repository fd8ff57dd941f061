"""Holds the tests that a parser finds against those that were collected."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from benchmarks.collectors.collect import Collected
from fleet.analysis.inventory import Location, Suite, TestFile


class Found(NamedTuple):
    path: str
    name: str
    location: Location


class Score(NamedTuple):
    both: int
    missed: list[Collected]
    extra: list[Found]

    @property
    def recall(self) -> float:
        return self.both / max(self.both + len(self.missed), 1)

    @property
    def precision(self) -> float:
        return self.both / max(self.both + len(self.extra), 1)


def found_in(file: TestFile) -> list[Found]:
    return list(_tests(file, file.path, ""))


def _tests(of: TestFile | Suite, path: str, prefix: str) -> Iterator[Found]:
    yield from (Found(path, prefix + test.name, test.location) for test in of.tests)
    for suite in of.suites:
        yield from _tests(suite, path, f"{prefix}{suite.name} > ")


def score(collected: set[Collected], found: list[Found]) -> Score:
    """Pair each collected test with one that was found at its place or, where it has none, by its name."""
    unpaired = Counter(found)
    by_path: dict[str, list[Found]] = {}
    for ours in found:
        by_path.setdefault(ours.path, []).append(ours)
    missed: list[Collected] = []
    for test in sorted(collected):
        pair = _pair(test, (each for each in by_path.get(test.path, []) if unpaired[each]))
        if pair is None:
            missed.append(test)
        else:
            unpaired[pair] -= 1
    extra = sorted(unpaired.elements(), key=lambda each: (each.path, each.location.line))
    return Score(len(collected) - len(missed), missed, extra)


def _pair(test: Collected, candidates: Iterable[Found]) -> Found | None:
    fitting = [each for each in candidates if _fits(test, each)]
    # The innermost: a framework may name any line of the call.
    return min(fitting, key=lambda each: each.location.end_line - each.location.line, default=None)


def _fits(test: Collected, found: Found) -> bool:
    if not test.line:
        return test.name == found.name
    return found.location.line <= test.line <= found.location.end_line
