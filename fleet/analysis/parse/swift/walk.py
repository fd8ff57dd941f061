"""Outlines the tests of a Swift file, those of XCTest and those of Swift Testing: one file may have both."""

import re
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Status
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.swift.nodes import attribute, inherited, kind_of, modifiers, name_of, statements, string
from fleet.analysis.parse.syntax import MAX_DEPTH, child_of_type, location, text

# Classes come from other files and modules too, so a test case is known by the names that people give to them.
_TEST_CASES = ("Test", "TestCase", "Tests")
_NO_METHODS_OF_TESTS = frozenset({"class", "fileprivate", "private", "static"})
_DISABLED = re.compile(r"\.disabled\b(?!\(\s*if\b)|\.enabled\(\s*if:\s*false\s*\)")
_SKIPPED = re.compile(r"throw\s+XCTSkip\b")
_XFAIL = re.compile(r"XCTExpectFailure\([^{]*\Z")


class _Place(NamedTuple):
    """The members of a type, or the file's own."""

    node: Node
    into: Outline
    inherited: Status
    is_test_case: bool
    depth: int


def outline(root: Node) -> Outline:
    found = Outline()
    test_cases: set[str] = set()
    suites: dict[tuple[int, str], Outline] = {}
    pending = [_Place(root, found, "active", is_test_case=False, depth=0)]
    while pending:
        place = pending.pop()
        inner: list[_Place] = []
        for node in place.node.named_children:
            if node.type == "class_declaration" and place.depth < MAX_DEPTH:
                inner += _type(node, place, suites, test_cases)
            elif node.type == "function_declaration":
                _function(node, place)
            elif node.type == "ERROR" and place.depth < MAX_DEPTH:
                # What follows what cannot be parsed is often whole again.
                inner.append(place._replace(node=node, depth=place.depth + 1))
        pending.extend(reversed(inner))
    found.drop_empty_suites()
    return found


def _type(node: Node, place: _Place, suites: dict[tuple[int, str], Outline], test_cases: set[str]) -> list[_Place]:
    body = node.child_by_field_name("body")
    if body is None:
        return []
    name, mark = name_of(node), attribute(node, "Suite")
    is_test_case = _is_test_case(node, name, test_cases)
    if is_test_case:
        test_cases.add(name)
    status: Status = "skipped" if mark is not None and _DISABLED.search(text(mark)) else place.inherited
    # An extension adds to the type that it extends.
    key = (id(place.into), name)
    if key not in suites:
        suites[key] = place.into.add_suite(_shown(mark) or name, status, location(node))
    return [_Place(body, suites[key], status, is_test_case, place.depth + 1)]


def _is_test_case(node: Node, name: str, test_cases: set[str]) -> bool:
    kind = kind_of(node)
    if kind == "extension":
        return name in test_cases or name.endswith(_TEST_CASES)
    base = next(inherited(node), None) if kind == "class" else None
    return base is not None and (base in test_cases or base.endswith(_TEST_CASES) or name.endswith(_TEST_CASES))


def _function(node: Node, place: _Place) -> None:
    name, mark = name_of(node), attribute(node, "Test")
    if mark is not None:
        status: Status = "skipped" if _DISABLED.search(text(mark)) else place.inherited
        place.into.add_test(_shown(mark) or name, status, location(node))
    elif place.is_test_case and name.startswith("test") and _takes_nothing(node):
        place.into.add_test(name, _status(node), location(node))


def _takes_nothing(function: Node) -> bool:
    """Tell whether the runner can call a method: it is open to it, and neither takes nor returns anything."""
    return (
        child_of_type(function, "parameter") is None
        and function.child_by_field_name("return_type") is None
        and _NO_METHODS_OF_TESTS.isdisjoint(modifiers(function))
    )


def _shown(mark: Node | None) -> str:
    """Return the name that a test or a suite is to be shown by, the first argument of its attribute."""
    first = None if mark is None else next((each for each in mark.named_children if each.type != "user_type"), None)
    return string(first) if first is not None and first.type == "line_string_literal" else ""


def _status(function: Node) -> Status:
    """Return what a test comes to by one of its own statements, whatever happens before."""
    for statement in statements(function):
        written = text(statement)
        if _SKIPPED.match(written):
            return "skipped"
        if _XFAIL.match(written):
            return "xfail"
    return "active"
