"""Takes apart the calls of Kotlin that end with a block."""

from typing import Final, NamedTuple

from tree_sitter import Node

from fleet.analysis.parse.kotlin.declarations import arguments_of
from fleet.analysis.parse.kotlin.strings import LITERALS
from fleet.analysis.parse.syntax import child_of_type, text

_TITLES = LITERALS | {"parenthesized_expression"}
_OPERATIONS = ("infix_expression", "binary_expression")
# A chain of more links declares nothing.
_MAX_LINKS: Final = 8


class Block(NamedTuple):
    """``word(title) { … }``, ``title { … }`` or, infix, ``title word { … }``.

    The word or the title may be configured before the block; *is_off* if that turns it off.
    """

    word: str | None
    title: Node | None
    body: Node
    is_off: bool = False
    is_infix: bool = False


def block_of(node: Node) -> Block | None:
    """Take *node* apart if it is a call, or an operation, whose last operand is a block."""
    if node.type == "call_expression":
        return _called(node)
    if node.type in _OPERATIONS and node.named_child_count > 1 and node.named_children[-1].type == "lambda_literal":
        operator = node.child_by_field_name("operator") or node.named_children[1]
        title, is_off = _configured(node.named_children[0])
        return Block(text(operator), title, node.named_children[-1], is_off, is_infix=True)
    return None


def _called(node: Node) -> Block | None:
    """Follow a chain of calls to the word or the string that it begins with."""
    body: Node | None = None
    is_off = False
    part: Node | None = node
    for _ in range(_MAX_LINKS):
        if part is not None and part.type in _TITLES:
            return None if body is None else Block(None, part, body, is_off)
        called = part.named_child(0) if part is not None and part.type == "call_expression" else None
        if part is None or called is None:
            return None
        body = body or _body(part)
        if called.type == "identifier":
            return None if body is None else Block(text(called), _title(part), body, is_off)
        if called.type == "navigation_expression" and not _configures(called):
            return None
        is_off = is_off or _turns_off(part)
        part = called.named_child(0) if called.type == "navigation_expression" else called
    return None


def _configured(title: Node) -> tuple[Node, bool]:
    """Return what ``title.config(…)`` is about, and whether that turns it off."""
    called = title.named_child(0) if title.type == "call_expression" else None
    if called is None or called.type != "navigation_expression" or not _configures(called):
        return title, False
    return called.named_children[0], _turns_off(title)


def _configures(navigation: Node) -> bool:
    return text(navigation.named_children[-1]) == "config"


def _turns_off(call: Node) -> bool:
    return any(name == "enabled" and text(value) == "false" for name, value in arguments_of(call))


def _title(call: Node) -> Node | None:
    given = (value for name, value in arguments_of(call) if name in ("", "name"))
    return next((value for value in given if value.type != "lambda_literal"), None)


def _body(call: Node) -> Node | None:
    annotated = child_of_type(call, "annotated_lambda")
    if annotated is not None:
        return child_of_type(annotated, "lambda_literal")
    return next((value for _, value in arguments_of(call) if value.type == "lambda_literal"), None)
