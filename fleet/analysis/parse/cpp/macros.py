"""Finds the calls of macros in a C++ file that declare tests.

Nothing tells such a call from other code: TEST(A, b) { … } looks like a function without a type, TEST_CASE("a") { … }
like a call before a block, and behind a macro that is not understood both look like anything. So such a name is
looked at wherever in the tree it stands, and what it is given is read from the text behind it.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Location
from fleet.analysis.parse.cpp.given import arguments
from fleet.analysis.parse.syntax import descend_to, text

_NAMES = frozenset({"field_identifier", "identifier", "type_identifier"})
_CLOSED = frozenset({"comment", "preproc_def", "preproc_function_def", "preproc_include"})


class Macro(NamedTuple):
    """The call of a macro, with what it is given, and the block that belongs to it."""

    name: str
    arguments: list[str]
    start: Node
    body: Node | None

    @property
    def location(self) -> Location:
        start, end = self.start.start_point, (self.body or self.start).end_point
        return Location(start.row + 1, end.row + 1, start.column, end.column)

    @property
    def end(self) -> int:
        return (self.body or self.start).end_byte

    def comes_to(self, *calls: bytes) -> bool:
        """Tell whether one of *calls* is among the statements of the block, whatever happens before."""
        statements = [] if self.body is None else self.body.named_children
        return any((each.text or b"").startswith(calls) for each in statements if each.type == "expression_statement")


def macros(root: Node, words: frozenset[str]) -> Iterator[Macro]:
    """Yield the calls of the macros *words* in the order in which they are written."""
    source, offset = root.text or b"", root.start_byte
    blocks: dict[int, Node] = {}
    for node in descend_to(root, _any_of(words), enter=lambda node: node.type not in _CLOSED):
        if node.type in _NAMES:
            name = text(node)
            given = arguments(source, node.end_byte - offset) if name in words else None
            if given is not None:
                yield Macro(name, given, node, blocks.get(node.start_byte))
        elif node.named_child_count:
            blocks.update(_blocks(node))


@cache
def _any_of(words: frozenset[str]) -> re.Pattern[bytes]:
    return re.compile("|".join(map(re.escape, sorted(words))).encode())


def _blocks(node: Node) -> Iterator[tuple[int, Node]]:
    """Yield the blocks in *node* that follow a call, by where the call begins."""
    if node.type == "function_definition":
        declarator, body = node.child_by_field_name("declarator"), node.child_by_field_name("body")
        if declarator is not None and body is not None:
            yield declarator.start_byte, body
    before: Node | None = None
    for child in node.named_children:
        if child.type == "compound_statement" and before is not None and before.type == "expression_statement":
            yield before.start_byte, child
        before = child
