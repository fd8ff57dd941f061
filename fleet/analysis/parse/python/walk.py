"""Outlines the functions and classes of a Python file that are tests."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from tree_sitter import Node

from fleet.analysis.detect.framework import covers
from fleet.analysis.inventory import Status
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import descend, location, text

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


class Marks(NamedTuple):
    """Decorators that change a status, by the last two parts of their dotted names."""

    skipped: tuple[str, ...]
    xfail: tuple[str, ...]


class IsTestClass(Protocol):
    def __call__(self, name: str, *, is_test_case: bool, has_init: bool) -> bool: ...


class Conventions(NamedTuple):
    """How a framework tells tests; *functions* says whether those outside classes can be tests."""

    marks: Marks
    is_test_class: IsTestClass
    functions: bool


class _Definition(NamedTuple):
    node: Node
    name: str
    decorators: tuple[str, ...]

    @property
    def is_class(self) -> bool:
        return self.node.type == "class_definition"


def outline(root: Node, conventions: Conventions) -> Outline:
    """Outline the file with the syntax tree *root* by a framework's *conventions*."""
    found = Outline()
    test_cases = _test_cases(root)
    active: Status = "active"
    pending = [(root, found, active)]
    while pending:
        block, into, inherited = pending.pop()
        inner = []
        for definition in _definitions(block):
            status = _status(definition, conventions.marks, inherited)
            if _is_test_class(definition, conventions, test_cases):
                suite = into.add_suite(definition.name, status, location(definition.node))
                inner.append((_body(definition.node), suite, status))
            elif _is_test(definition) and (conventions.functions or block is not root):
                into.add_test(definition.name, status, location(definition.node))
        pending.extend(reversed(inner))
    found.drop_empty_suites()
    return found


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


def _is_test(definition: _Definition) -> bool:
    return not definition.is_class and definition.name.startswith("test") and not _is_fixture(definition)


def _is_fixture(definition: _Definition) -> bool:
    return any(decorator.rpartition(".")[2] == "fixture" for decorator in definition.decorators)


def _is_test_class(definition: _Definition, conventions: Conventions, test_cases: frozenset[str]) -> bool:
    return definition.is_class and conventions.is_test_class(
        definition.name,
        is_test_case=definition.name in test_cases,
        has_init=any(inner.name == "__init__" for inner in _definitions(_body(definition.node))),
    )


def _test_cases(root: Node) -> frozenset[str]:
    """Return the classes that derive from a TestCase, those among them that do so through each other included."""
    known: set[str] = set()
    for node in descend(root, lambda node: node.type in _TRANSPARENT or node.type == "class_definition"):
        if node.type == "class_definition" and any("TestCase" in base or base in known for base in _bases(node)):
            known.add(text(node.child_by_field_name("name")))
    return frozenset(known)


def _bases(node: Node) -> Iterator[str]:
    superclasses = node.child_by_field_name("superclasses")
    if superclasses is not None:
        yield from (text(base) for base in superclasses.named_children)


def _body(node: Node) -> Node:
    return node.child_by_field_name("body") or node
