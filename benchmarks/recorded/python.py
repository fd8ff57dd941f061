"""How the record reads Python: what stands at the top of a file, and in the classes there."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from benchmarks.recorded.seen import Seen, tests_of
from fleet.analysis.inventory import TestFile
from fleet.analysis.parse.syntax import parse, text

_CASE: Final = "TestCase"


def see(file: TestFile | None, content: bytes) -> Seen | None:
    if file is None:
        return None
    count = _pytest if file.framework == "pytest" else _unittest
    tests = count(parse(file.language, content))
    ours = sum(1 for _ in tests_of(file))
    why = "classes, prefixes and places of tests in Python"
    return Seen(file.framework, tests, Counter({why: max(ours - tests, 0)}), Counter({why: max(tests - ours, 0)}))


def _pytest(root: Node) -> int:
    functions = sum(1 for each in _definitions(root, "function_definition") if _name(each).startswith("test_"))
    classes = (each for each in _definitions(root, "class_definition") if _name(each).startswith("Test"))
    return functions + sum(_methods(each, "test_") for each in classes)


def _unittest(root: Node) -> int:
    return sum(_methods(each, "test") for each in _definitions(root, "class_definition") if _is_case(each))


def _is_case(declaration: Node) -> bool:
    name = _name(declaration)
    bases = text(declaration.child_by_field_name("superclasses"))
    return _CASE in bases or name.startswith("Test") or name.endswith("Test")


def _methods(declaration: Node, prefix: str) -> int:
    body = declaration.child_by_field_name("body")
    methods = () if body is None else _definitions(body, "function_definition")
    return sum(1 for each in methods if _name(each).startswith(prefix))


def _definitions(block: Node, kind: str) -> Iterator[Node]:
    for child in block.named_children:
        definition = child.child_by_field_name("definition") if child.type == "decorated_definition" else child
        if definition is not None and definition.type == kind:
            yield definition


def _name(definition: Node) -> str:
    return text(definition.child_by_field_name("name"))
