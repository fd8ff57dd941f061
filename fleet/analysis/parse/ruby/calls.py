"""Takes the calls of a Ruby file apart."""

from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.syntax import text

_CONSTANTS: Final = frozenset({"constant", "scope_resolution"})
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "e": "\x1b", "s": " "}
_MANY: Final = 200


def method_of(call: Node) -> str:
    return text(call.child_by_field_name("method"))


def arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    return [] if given is None else [each for each in given.named_children if each.type != "comment"]


def has_block(call: Node) -> bool:
    given = call.child_by_field_name("block") is not None
    return given or any(argument.type == "block_argument" for argument in arguments(call))


def body(call: Node) -> Node | None:
    block = call.child_by_field_name("block")
    return None if block is None else block.child_by_field_name("body")


def string(node: Node) -> str | None:
    """Return the text of a literal; what is computed inside stays as it is written."""
    if node.type == "chained_string":
        parts = [string(part) for part in node.named_children[:_MANY]]
        return "".join(part for part in parts if part is not None)
    if node.type != "string":
        return None
    return "".join(_unescaped(part) if part.type == "escape_sequence" else text(part) for part in node.children[1:-1])


def description(given: list[Node]) -> str | None:
    """Return what *given* describes, up to its options: ``Stack#push`` for ``Stack, "#push"``."""
    found = ""
    for place, argument in enumerate(given):
        part = _described(argument, is_first=place == 0)
        if part is None:
            break
        found += part if not found or part.startswith(("#", ".", "::")) else f" {part}"
    return found or (COMPUTED if given and given[0].type not in ("hash", "pair") else None)


def _described(argument: Node, *, is_first: bool) -> str | None:
    if argument.type in _CONSTANTS:
        return text(argument)
    if argument.type == "simple_symbol" and is_first:
        return text(argument)[1:]
    return string(argument)


def _unescaped(sequence: Node) -> str:
    letter = text(sequence)[1:]
    return _LETTERS.get(letter, letter if len(letter) == 1 else text(sequence))
