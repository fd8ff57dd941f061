"""What stands at the top of a Kotlin file."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.syntax import parse_alone

TYPES: Final = frozenset({"class_declaration", "object_declaration"})
# People write a few of these in a file; each costs a parser.
_MAX_READ_AGAIN: Final = 50


def top_level(root: Node) -> Iterator[Node]:
    """Yield the declarations and statements of a file.

    The grammar takes a class that derives from none for an expression, as it might stand in a script, if it has two
    annotations and another declaration follows; alone it is a class.
    """
    left = _MAX_READ_AGAIN
    for node in root.named_children:
        if node.type == "annotated_expression" and left:
            left -= 1
            alone = parse_alone("kotlin", root, node).named_children
            yield from alone if any(each.type in TYPES for each in alone) else [node]
        else:
            yield node
