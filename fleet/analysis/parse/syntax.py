"""Syntax trees of hostile files: bounded walks, and text that cannot break anything."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache
from itertools import repeat
from typing import Final

import tree_sitter_c_sharp
import tree_sitter_cpp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_kotlin
import tree_sitter_php
import tree_sitter_python
import tree_sitter_ruby
import tree_sitter_rust
import tree_sitter_swift
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Range

from fleet.analysis.inventory import Location
from fleet.analysis.parse.kotlin.readable import readable
from fleet.analysis.parse.names import decode

# Code that people write stays far below; generated brackets do not.
MAX_DEPTH: Final = 400

_GRAMMARS: Final[dict[str, Callable[[], object]]] = {
    "cpp": tree_sitter_cpp.language,
    "csharp": tree_sitter_c_sharp.language,
    "go": tree_sitter_go.language,
    "java": tree_sitter_java.language,
    "javascript": tree_sitter_javascript.language,
    "kotlin": tree_sitter_kotlin.language,
    "php": tree_sitter_php.language_php,
    "python": tree_sitter_python.language,
    "ruby": tree_sitter_ruby.language,
    "rust": tree_sitter_rust.language,
    "swift": tree_sitter_swift.language,
    "tsx": tree_sitter_typescript.language_tsx,
    "typescript": tree_sitter_typescript.language_typescript,
}


@cache
def _grammar(language: str) -> Language:
    return Language(_GRAMMARS[language]())


def parse(language: str, content: bytes) -> Node:
    """Return the root of *content*'s syntax tree; NUL bytes, which end a text for the grammars, count as spaces."""
    content = content.replace(b"\0", b" ")
    if language == "kotlin":
        content = readable(content)
    # A parser is used once: one that was interrupted would go on with the file before.
    return Parser(_grammar(language)).parse(content).root_node


def parse_alone(language: str, root: Node, part: Node) -> Node:
    """Return the root of *part* of the tree *root*, read once more as if nothing stood around it, in its place."""
    content = b" " * root.start_byte + (root.text or b"")
    place = Range(part.start_point, part.end_point, part.start_byte, part.end_byte)
    return Parser(_grammar(language), included_ranges=[place]).parse(content).root_node


def text(node: Node | None) -> str:
    return "" if node is None else decode(node.text or b"")


def location(node: Node) -> Location:
    start, end = node.start_point, node.end_point
    return Location(start.row + 1, end.row + 1, start.column, end.column)


def descend(root: Node, enter: Callable[[Node], bool]) -> Iterator[Node]:
    """Yield *root* and what is below it, outermost and first-written first.

    What is below a node follows only if *enter* says so, and only down to MAX_DEPTH.
    """
    pending = [(root, 0)]
    while pending:
        node, depth = pending.pop()
        yield node
        if depth < MAX_DEPTH and enter(node):
            pending.extend(zip(reversed(node.named_children), repeat(depth + 1)))


class Mentions:
    """Where words stand in a file, so that a walk can pass over the nodes in which none does.

    What tests are declared by stands in a few of a file's thousands of nodes, and to look at one takes far longer in
    Python than it took to parse it.
    """

    def __init__(self, root: Node, *words: re.Pattern[bytes]) -> None:
        """Look for each of *words* on its own: one that begins with letters is found faster than one that chooses."""
        start, content = root.start_byte, root.text or b""
        self._places = sorted(start + match.start() for word in words for match in word.finditer(content))

    def within(self, node: Node) -> bool:
        first = bisect_left(self._places, node.start_byte)
        return first < len(self._places) and self._places[first] < node.end_byte

    def children_of(self, node: Node) -> list[Node]:
        """Return the named children in which a word stands."""
        return [child for child in node.named_children if self.within(child)]


def descend_to(root: Node, *words: re.Pattern[bytes], enter: Callable[[Node], bool] = lambda _: True) -> Iterator[Node]:
    """Yield those nodes in which one of *words* stands, and *root*, in the order and to the depth of `descend`."""
    mentions = Mentions(root, *words)
    pending = [(root, 0)]
    while pending:
        node, depth = pending.pop()
        yield node
        if depth < MAX_DEPTH and enter(node):
            pending.extend(zip(reversed(mentions.children_of(node)), repeat(depth + 1)))


def without_comments(node: Node) -> list[Node]:
    """Return the named children of *node*: the grammars put a comment wherever it is written."""
    return [child for child in node.named_children if not child.type.endswith("comment")]


def child_of_type(node: Node, *types: str) -> Node | None:
    for child in node.named_children:
        if child.type in types:
            return child
    return None
