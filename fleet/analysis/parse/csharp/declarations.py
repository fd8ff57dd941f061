"""Finds the types and methods of a C# file, and their attributes."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.annotated.declared import Declared, Mark, Value
from fleet.analysis.parse.csharp.strings import string
from fleet.analysis.parse.syntax import child_of_type, descend, text, without_comments

_TYPES = frozenset({"class_declaration", "interface_declaration", "record_declaration", "struct_declaration"})
# What is inside these stands in the type around them; what a parser could not read may still hold whole methods.
_TRANSPARENT = frozenset(
    {
        "compilation_unit",
        "namespace_declaration",
        "file_scoped_namespace_declaration",
        "declaration_list",
        "preproc_if",
        "preproc_elif",
        "preproc_else",
        "ERROR",
    }
)
_LISTS = frozenset({"attribute_list", "preproc_if_in_attribute_list"})
_BOOLEANS: Final[dict[str, bool]] = {"true": True, "false": False}


def declared_in(block: Node) -> Iterator[Declared]:
    """Yield what *block*, a file or the body of a type, declares itself."""
    for node in descend(block, lambda node: node.type in _TRANSPARENT):
        body = node.child_by_field_name("body")
        if node.type in _TYPES and body is not None:
            yield _declared(node, body)
        elif node.type == "method_declaration":
            yield _declared(node, None)


def attributes_of(node: Node) -> Iterator[Node]:
    """Yield the attributes of a declaration, those under a condition included."""
    for child in node.named_children:
        if child.type in _LISTS:
            yield from (each for each in descend(child, lambda node: node.type in _LISTS) if each.type == "attribute")


def name_of(attribute: Node) -> str:
    """Return an attribute's name as it is written, without type arguments and the ending that may be left out."""
    named = attribute.child_by_field_name("name")
    if named is not None and named.type == "generic_name":
        named = named.named_child(0)
    return text(named).removesuffix("Attribute")


def _declared(node: Node, body: Node | None) -> Declared:
    marks = tuple(_mark(attribute) for attribute in attributes_of(node))
    return Declared(node, text(node.child_by_field_name("name")), body, marks)


def _mark(attribute: Node) -> Mark:
    arguments = child_of_type(attribute, "attribute_argument_list")
    values: dict[str, Value] = {}
    for argument in [] if arguments is None else without_comments(arguments):
        value = next(reversed(without_comments(argument)), None)
        values.setdefault(text(argument.child_by_field_name("name")), _value(value))
    return Mark(name_of(attribute).rpartition(".")[2], attribute, values)


def _value(node: Node | None) -> Value:
    if node is None:
        return None
    return _BOOLEANS.get(text(node)) if node.type == "boolean_literal" else string(node)
