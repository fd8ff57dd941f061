"""Go's own testing package."""

import re
from typing import Final

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import child_of_type, descend_to, location, text

# What each kind of function takes; None for no parameter at all.
_PARAMETERS: Final[dict[str, str | None]] = {
    "Benchmark": "testing.B",
    "Example": None,
    "Fuzz": "testing.F",
    "Test": "testing.T",
}
_RUN: Final = re.compile(rb"\bRun\b")
_STRINGS = ("interpreted_string_literal", "raw_string_literal")


def _read(root: Node) -> Outline:
    outline = Outline()
    for function in root.named_children:
        if function.type != "function_declaration":
            continue
        name = text(function.child_by_field_name("name"))
        kind = _kind(name)
        if kind is None or not _takes(function, _PARAMETERS[kind]):
            continue
        subtests = _subtests(function) if kind == "Test" else []
        if subtests:
            suite = outline.add_suite(name, "active", location(function))
            for subtest, call in subtests:
                suite.add_test(subtest, "active", location(call))
        else:
            outline.add_test(name, "active", location(function))
    return outline


def _kind(name: str) -> str | None:
    """Return the prefix that makes *name* one the toolchain runs, if it has one."""
    for prefix in _PARAMETERS:
        rest = name.removeprefix(prefix)
        if rest != name and not rest[:1].islower() and (rest or prefix == "Example"):
            return prefix
    return None


def _takes(function: Node, wanted: str | None) -> bool:
    parameters = function.child_by_field_name("parameters")
    declared = [] if parameters is None else [p for p in parameters.named_children if p.type != "comment"]
    if wanted is None:
        return not declared
    if len(declared) != 1:
        return False
    pointer = declared[0].child_by_field_name("type")
    if pointer is None or pointer.type != "pointer_type":
        return False
    return text(child_of_type(pointer, "qualified_type")) == wanted


def _subtests(function: Node) -> list[tuple[str, Node]]:
    """Return the literal ``.Run("name", …)`` calls of a test, however deep, whatever receives them."""
    body = function.child_by_field_name("body")
    if body is None:
        return []
    found = []
    for node in descend_to(body, _RUN):
        if node.type == "call_expression" and _is_run(node.child_by_field_name("function")):
            arguments = node.child_by_field_name("arguments")
            name = None if arguments is None else child_of_type(arguments, *_STRINGS)
            if name is not None:
                found.append((text(name)[1:-1], node))
    return found


def _is_run(called: Node | None) -> bool:
    return (
        called is not None
        and called.type == "selector_expression"
        and text(called.child_by_field_name("field")) == "Run"
    )


GO_TESTING = Framework(Facts(name="go-testing", languages=frozenset({"go"}), suffixes=("_test.go",)), _read)
