"""Finds the types and functions of a Kotlin file, and their annotations."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.annotated.declared import Declared, Mark, Value
from fleet.analysis.parse.kotlin.strings import string
from fleet.analysis.parse.kotlin.top_level import TYPES, top_level
from fleet.analysis.parse.syntax import child_of_type, descend, text, without_comments

# What is inside these stands in the type around them; what a parser could not read may still hold whole functions.
_TRANSPARENT = frozenset({"source_file", "class_body", "enum_class_body", "ERROR"})
_BODIES = ("class_body", "enum_class_body")
_BOOLEANS: Final[dict[str, bool]] = {"true": True, "false": False}
_HIDDEN = ("private", "protected", "internal")


def declared_in(block: Node) -> Iterator[Declared]:
    """Yield what *block*, a file or the body of a type, declares itself."""
    parts = top_level(block) if block.type == "source_file" else [block]
    for node in chain.from_iterable(descend(part, lambda node: node.type in _TRANSPARENT) for part in parts):
        body = child_of_type(node, *_BODIES) if node.type in TYPES else None
        if body is not None:
            yield _declared(node, body)
        elif node.type == "function_declaration":
            yield _declared(node, None)


def name_of(node: Node) -> str:
    return text(node.child_by_field_name("name")).strip("`")


def marks_of(node: Node) -> tuple[Mark, ...]:
    modifiers = child_of_type(node, "modifiers")
    written = [] if modifiers is None else modifiers.named_children
    return tuple(mark for each in written if each.type == "annotation" for mark in _marks(each))


def annotations_of(node: Node) -> Iterator[str]:
    """Yield the names in an annotation as they are written, qualified or not: ``@[A b.C]`` has two."""
    for part in node.named_children:
        named = child_of_type(part, "user_type") if part.type == "constructor_invocation" else part
        if named is not None and named.type == "user_type":
            yield text(named)


def arguments_of(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the arguments of a call, those without a name under ""."""
    arguments = child_of_type(node, "value_arguments")
    for argument in [] if arguments is None else without_comments(arguments):
        parts = [part for part in without_comments(argument) if part.type != "annotation"]
        if parts:
            yield (text(parts[0]) if len(parts) > 1 else ""), parts[-1]


def _declared(node: Node, body: Node | None) -> Declared:
    modifiers = child_of_type(node, "modifiers")
    visibility = None if modifiers is None else child_of_type(modifiers, "visibility_modifier")
    return Declared(node, name_of(node), body, marks_of(node), is_public=text(visibility) not in _HIDDEN)


def _marks(annotation: Node) -> Iterator[Mark]:
    for part, name in zip(_named_parts(annotation), annotations_of(annotation), strict=True):
        values: dict[str, Value] = {}
        for argument, value in arguments_of(part):
            values.setdefault(argument, _value(value))
        yield Mark(name.rpartition(".")[2], part, values)


def _named_parts(annotation: Node) -> list[Node]:
    return [part for part in annotation.named_children if part.type in ("constructor_invocation", "user_type")]


def _value(node: Node) -> Value:
    written = text(node) if node.type == "identifier" else ""
    return _BOOLEANS[written] if written in _BOOLEANS else string(node)
