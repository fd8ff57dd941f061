"""Outlines the functions and classes of a Python file that are tests."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, Protocol

from tree_sitter import Node

from fleet.analysis.detect.framework import covers
from fleet.analysis.inventory import Status
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import descend, descend_to, location, text

# Statements whose blocks belong to the scope around them.
_TRANSPARENT = frozenset(
    {
        "module",
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "try_statement",
        "except_clause",
        "finally_clause",
        "with_statement",
        "decorated_definition",
    }
)

# Classes that derive through more others are not followed further, nor are those that derive from themselves.
_MAX_LINEAGE: Final = 20
_CLASS: Final = re.compile(rb"class")


class Marks(NamedTuple):
    """Decorators that change a status, by the last two parts of their dotted names."""

    skipped: tuple[str, ...]
    xfail: tuple[str, ...]


class IsTestClass(Protocol):
    def __call__(self, name: str, *, is_test_case: bool, has_init: bool) -> bool: ...


class IsTestFunction(Protocol):
    def __call__(self, name: str, *, in_test_case: bool) -> bool: ...


def is_named_test(name: str, *, in_test_case: bool) -> bool:
    """Tell whether a function is a test by the name that unittest gives to tests, and others by default."""
    del in_test_case
    return name.startswith("test")


class Conventions(NamedTuple):
    """How a framework tells tests; *functions* says whether those outside classes can be tests."""

    marks: Marks
    is_test_class: IsTestClass
    functions: bool
    is_test_function: IsTestFunction = is_named_test


class _Definition(NamedTuple):
    node: Node
    name: str
    decorators: tuple[str, ...]

    @property
    def is_class(self) -> bool:
        return self.node.type == "class_definition"


class _Place(NamedTuple):
    """What a file or a class defines, and the suite it is."""

    definitions: list[_Definition]
    into: Outline
    inherited: Status
    in_test_case: bool


def outline(root: Node, conventions: Conventions) -> Outline:
    """Outline the file with the syntax tree *root* by a framework's *conventions*."""
    found = Outline()
    test_cases, classes = _test_cases(root), _classes(root)
    pending = [_Place(_definitions(root), found, "active", in_test_case=False)]
    while pending:
        place = pending.pop()
        inner = []
        for definition in place.definitions:
            status = _status(definition, conventions.marks, place.inherited)
            if definition.is_class:
                members = _members(definition.node, classes)
                is_test_case = definition.name in test_cases
                if conventions.is_test_class(
                    definition.name,
                    is_test_case=is_test_case,
                    has_init=any(member.name == "__init__" for member in members),
                ):
                    suite = place.into.add_suite(definition.name, status, location(definition.node))
                    inner.append(_Place(members, suite, status, is_test_case))
            elif conventions.functions or place.into is not found:
                is_test = conventions.is_test_function(definition.name, in_test_case=place.in_test_case)
                if is_test and not _is_fixture(definition):
                    place.into.add_test(definition.name, status, location(definition.node))
        pending.extend(reversed(inner))
    found.drop_empty_suites()
    return found


def _classes(root: Node) -> dict[str, Node]:
    return {definition.name: definition.node for definition in _definitions(root) if definition.is_class}


def _members(node: Node, classes: Mapping[str, Node]) -> list[_Definition]:
    """Return what a class defines, after what it inherits from classes of the same file and does not define anew."""
    lineage = [node]
    for each in lineage:
        if len(lineage) > _MAX_LINEAGE:
            break
        lineage.extend(classes[base] for base in _bases(each) if base in classes)
    members: dict[str, _Definition] = {}
    for each in reversed(lineage):
        members |= {definition.name: definition for definition in _definitions(_body(each))}
    return list(members.values())


def _definitions(block: Node) -> list[_Definition]:
    """Return what *block* defines; of two of one name the later, which is the one that stays."""
    by_name: dict[str, _Definition] = {}
    decorators: tuple[str, ...] = ()
    for node in descend(block, lambda node: node.type in _TRANSPARENT):
        if node.type == "decorated_definition":
            decorators = tuple(_decorator(child) for child in node.named_children if child.type == "decorator")
        elif node.type in ("function_definition", "class_definition"):
            name = text(node.child_by_field_name("name"))
            by_name.pop(name, None)
            by_name[name] = _Definition(node, name, decorators)
            decorators = ()
    return list(by_name.values())


def _decorator(node: Node) -> str:
    """Return the last two parts of a decorator's name: ``mark.skip`` for ``@pytest.mark.skip("why")``."""
    expression = node.named_child(0) if node.named_child_count else None
    if expression is not None and expression.type == "call":
        expression = expression.child_by_field_name("function")
    return ".".join(text(expression).split(".")[-2:])


def _status(definition: _Definition, marks: Marks, inherited: Status) -> Status:
    if any(covers(marks.skipped, decorator) for decorator in definition.decorators):
        return "skipped"
    if any(covers(marks.xfail, decorator) for decorator in definition.decorators):
        return "xfail"
    return inherited


def _is_fixture(definition: _Definition) -> bool:
    return any(decorator.rpartition(".")[2] == "fixture" for decorator in definition.decorators)


def _test_cases(root: Node) -> frozenset[str]:
    """Return the classes that derive from a TestCase, those among them that do so through each other included."""
    known: set[str] = set()
    for node in descend_to(
        root, _CLASS, enter=lambda node: node.type in _TRANSPARENT or node.type == "class_definition"
    ):
        if node.type == "class_definition" and any("TestCase" in base or base in known for base in _bases(node)):
            known.add(text(node.child_by_field_name("name")))
    return frozenset(known)


def _bases(node: Node) -> Iterator[str]:
    superclasses = node.child_by_field_name("superclasses")
    if superclasses is not None:
        yield from (text(base) for base in superclasses.named_children)


def _body(node: Node) -> Node:
    return node.child_by_field_name("body") or node
