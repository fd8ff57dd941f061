"""Finds the types and methods of a Java file, and their annotations."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.annotated.declared import Declared, Mark, Value
from fleet.analysis.parse.java.strings import string
from fleet.analysis.parse.syntax import child_of_type, descend, text, without_comments

_TYPES = frozenset({"class_declaration", "interface_declaration", "enum_declaration", "record_declaration"})
# What is inside these stands in the type around them; what a parser could not read may still hold whole methods.
_TRANSPARENT = frozenset({"program", "class_body", "interface_body", "enum_body", "enum_body_declarations", "ERROR"})
_ANNOTATIONS = ("annotation", "marker_annotation")
_BOOLEANS: Final[dict[str, bool]] = {"true": True, "false": False}


def declared_in(block: Node) -> Iterator[Declared]:
    """Yield what *block*, a file or the body of a type, declares itself."""
    for node in descend(block, lambda node: node.type in _TRANSPARENT):
        body = node.child_by_field_name("body")
        if node.type in _TYPES and body is not None:
            yield _declared(node, body)
        elif node.type == "method_declaration":
            yield _declared(node, None)


def _declared(node: Node, body: Node | None) -> Declared:
    modifiers = child_of_type(node, "modifiers")
    written = [] if modifiers is None else modifiers.children
    return Declared(
        node,
        text(node.child_by_field_name("name")),
        body,
        tuple(_mark(child) for child in written if child.type in _ANNOTATIONS),
        is_public=any(child.type == "public" for child in written),
        returns=body is None and child_of_type(node, "void_type") is None,
    )


def _mark(node: Node) -> Mark:
    arguments = node.child_by_field_name("arguments")
    values: dict[str, Value] = {}
    for argument in [] if arguments is None else without_comments(arguments):
        if argument.type == "element_value_pair":
            values[text(argument.child_by_field_name("key"))] = _value(argument.child_by_field_name("value"))
        else:
            values.setdefault("", _value(argument))
    return Mark(name_of(node).rpartition(".")[2], node, values)


def name_of(annotation: Node) -> str:
    """Return an annotation's name as it is written, qualified or not."""
    return text(annotation.child_by_field_name("name"))


def _value(node: Node | None) -> Value:
    if node is None:
        return None
    return _BOOLEANS[node.type] if node.type in _BOOLEANS else string(node)
