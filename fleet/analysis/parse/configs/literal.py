"""Reads the object that a JavaScript or JSON configuration file exports, without running anything."""

from typing import Any, Final, NamedTuple

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.calls import arguments, is_function
from fleet.analysis.parse.ecmascript.strings import string
from fleet.analysis.parse.syntax import child_of_type, parse, text

# Deeper values, and longer chains of names, count as unknown.
_MAX_DEPTH: Final = 40

_WRAPPERS = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression"}
)
_JOINERS = frozenset({"join", "resolve"})
_HERE = frozenset({"__dirname", "import.meta.dirname", "process.cwd()"})


def exported(language: str, content: bytes) -> Any:
    """Return what the file exports; whatever cannot be known without running it is None."""
    root = parse(language, content)
    return _Reader(root).exported(root)


def parsed_json(content: bytes) -> Any:
    """Return the value of a JSON file, with or without comments."""
    root = parse("javascript", b"(" + content + b"\n)")
    statement = child_of_type(root, "expression_statement")
    return _Reader(root).value(statement.named_child(0), 0) if statement is not None else None


class Expression(NamedTuple):
    """A regular expression that is written as one: ``/.*\\.e2e\\.ts/``."""

    pattern: str


class _Reader:
    def __init__(self, root: Node) -> None:
        self._constants = _constants(root)

    def exported(self, root: Node) -> Any:
        for statement in root.named_children:
            if statement.type == "export_statement":
                value = statement.child_by_field_name("value") or child_of_type(statement, "function_declaration")
                if value is not None:
                    return self.value(value, 0)
            elif statement.type == "expression_statement" and statement.named_child_count:
                assignment = statement.named_child(0)
                if assignment.type == "assignment_expression" and _is_module(assignment):
                    return self.value(assignment.child_by_field_name("right"), 0)
        return None

    def value(self, node: Node | None, depth: int) -> Any:
        if node is None or depth > _MAX_DEPTH:
            return None
        found: Any = string(node)
        if node.type == "object":
            found = self._object(node, depth + 1)
        elif node.type == "array":
            found = [self.value(element, depth + 1) for element in node.named_children if element.type != "comment"]
        elif node.type == "regex":
            found = Expression(text(node.child_by_field_name("pattern")))
        elif node.type == "identifier":
            found = self.value(self._constants.get(text(node)), depth + 1)
        elif node.type == "call_expression":
            found = self._call(node, depth + 1)
        elif node.type in _WRAPPERS and node.named_child_count:
            found = self.value(node.named_child(0), depth + 1)
        elif is_function(node):
            found = self._returned(node, depth + 1)
        return found

    def _object(self, node: Node, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for part in node.named_children:
            if part.type == "pair":
                key = part.child_by_field_name("key")
                if key is not None:
                    name = string(key)
                    found[text(key) if name is None else name] = self.value(part.child_by_field_name("value"), depth)
            elif part.type == "shorthand_property_identifier":
                found[text(part)] = self.value(self._constants.get(text(part)), depth)
            elif part.type == "spread_element" and part.named_child_count:
                spread = self.value(part.named_child(0), depth)
                found.update(spread if isinstance(spread, dict) else {})
        return found

    def _call(self, node: Node, depth: int) -> Any:
        """Read ``path.join(__dirname, "a")`` as a path, and any other call as what is passed through it."""
        given = arguments(node)
        called = text(node.child_by_field_name("function"))
        if called.rpartition(".")[2] in _JOINERS:
            parts = ["." if text(argument) in _HERE else self.value(argument, depth) for argument in given]
            return "/".join(parts) if all(isinstance(part, str) for part in parts) else None
        passed = [self.value(argument, depth) for argument in given]
        merged: dict[str, Any] = {}
        for each in passed:
            merged = merge(merged, each) if isinstance(each, dict) else merged
        lists = [each for each in passed if isinstance(each, list)]
        return (merged or None) if not lists or merged else lists[0]

    def _returned(self, function: Node, depth: int) -> Any:
        body = function.child_by_field_name("body")
        if body is None or body.type != "statement_block":
            return self.value(body, depth)
        result = child_of_type(body, "return_statement")
        return self.value(result.named_child(0), depth) if result is not None and result.named_child_count else None


def merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return both, *second* winning, the objects inside them merged one level down."""
    merged = dict(first)
    for key, value in second.items():
        before = merged.get(key)
        merged[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _constants(root: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for statement in root.named_children:
        if statement.type == "function_declaration":
            found[text(statement.child_by_field_name("name"))] = statement
        if statement.type not in ("lexical_declaration", "variable_declaration"):
            continue
        for declarator in statement.named_children:
            name, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
            if name is not None and value is not None and name.type == "identifier":
                found[text(name)] = value
    return found


def _is_module(assignment: Node) -> bool:
    return text(assignment.child_by_field_name("left")) in ("module.exports", "exports.default")
