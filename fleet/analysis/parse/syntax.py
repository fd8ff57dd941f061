"""Syntax trees of hostile files: bounded walks, and text that cannot break anything."""

from collections.abc import Callable, Iterator
from functools import cache
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
from tree_sitter import Language, Node, Parser

from fleet.analysis.inventory import Location
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
    # A parser is used once: one that was interrupted would go on with the file before.
    return Parser(_grammar(language)).parse(content.replace(b"\0", b" ")).root_node


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
            pending.extend((child, depth + 1) for child in reversed(node.named_children))


def child_of_type(node: Node, *types: str) -> Node | None:
    return next((child for child in node.named_children if child.type in types), None)
