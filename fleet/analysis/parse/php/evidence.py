"""What a PHP file imports, extends and calls."""

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.php.nodes import BLOCKS, attributes, chain, whole_base_of
from fleet.analysis.parse.syntax import child_of_type, descend, text

_CALLS: Final = frozenset({"member_call_expression", "scoped_call_expression"})
_ANNOTATION = re.compile(r"@test\b")


class PhpEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> Iterator[str]:
        """Yield what ``use`` names, with its namespace, and ``it()`` for a function that a statement calls.

        Pest loads its functions itself, so calling them outside of all classes is as good as a ``use``.
        """
        for node in descend(self._root, lambda node: node.type in BLOCKS):
            if node.type == "namespace_use_declaration":
                yield from _imported(node)
            elif node.type == "expression_statement" and (called := chain(node)) is not None:
                yield f"{called.name}()"

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> Iterator[str]:
        """Yield ``extends TestCase``, ``#[Test]``, ``@test`` and ``$this->assertSame``."""
        for node in descend(self._root, lambda _: True):
            if node.type == "class_declaration":
                yield f"extends {whole_base_of(node)}"
            elif node.type == "attribute_list":
                yield from (f"#[{name}]" for name in attributes(node))
            elif node.type == "comment" and _ANNOTATION.search(text(node)):
                yield "@test"
            elif node.type in _CALLS:
                owner = node.child_by_field_name("object") or node.child_by_field_name("scope")
                yield f"{text(owner)}->{text(node.child_by_field_name('name'))}"


def _imported(declaration: Node) -> Iterator[str]:
    prefix = text(child_of_type(declaration, "namespace_name"))
    group = declaration.child_by_field_name("body")
    for clause in (declaration if group is None else group).named_children:
        if clause.type == "namespace_use_clause":
            name = text(child_of_type(clause, "name", "qualified_name")).lstrip("\\")
            yield f"{prefix}\\{name}" if prefix else name
