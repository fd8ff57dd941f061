"""What the record's method sees of one file."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Suite, Test, TestFile
from fleet.analysis.parse.registry import FRAMEWORKS
from fleet.analysis.parse.syntax import parse


class Seen(NamedTuple):
    """*tests* are those that it counts; *passed_over* are ours that it does not, and *invented* the reverse, by why."""

    framework: str
    tests: int
    passed_over: Counter[str]
    invented: Counter[str]


def sift(file: TestFile, content: bytes, why_not: Callable[[Node], str], framework: str = "") -> Seen:
    """Count the tests of *file* for which *why_not* has no reason, asked of the node that declares each."""
    root = parse(file.language, content)
    reasons = Counter(why_not(node_of(test, root)) for test in tests_of(file))
    seen = reasons.pop("", 0)
    return Seen(framework or file.framework, seen, reasons, Counter())


def tests_of(of: TestFile | Suite) -> Iterator[Test]:
    yield from of.tests
    for suite in of.suites:
        yield from tests_of(suite)


def node_of(test: Test, root: Node) -> Node:
    """Return the innermost node that spans *test*."""
    place = test.location
    found = root.descendant_for_point_range((place.line - 1, place.column), (place.end_line - 1, place.end_column))
    return root if found is None else found


def around(node: Node) -> Iterator[Node]:
    """Yield what *node* stands in, the innermost first."""
    outer = node.parent
    while outer is not None:
        yield outer
        outer = outer.parent


def is_inside(node: Node, types: Iterable[str]) -> bool:
    return any(outer.type in types for outer in around(node))


def read_as(framework: str, path: str, language: str, content: bytes) -> TestFile:
    """Read a file as one of *framework*, whatever it belongs to."""
    known = (each for each in FRAMEWORKS if each.facts.name == framework and language in each.facts.languages)
    found = next(known, None)
    if found is None:
        return TestFile(path, language, framework)
    outline = found.read(parse(language, content))
    return TestFile(path, language, framework, outline.suites(), outline.tests())
