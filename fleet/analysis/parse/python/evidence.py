"""What a Python file loads and uses."""

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.syntax import descend, descend_to, text

_IMPORT: Final = re.compile(rb"import")
_EXPRESSIONS = frozenset({"expression_statement", "return_statement", "assert_statement", "raise_statement"})


class PythonEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> Iterator[str]:
        """Yield modules as dotted names; ``from a import b`` is ``a.b``."""
        # An import is a statement, so nothing inside an expression need be looked at.
        for node in descend_to(self._root, _IMPORT, enter=lambda node: node.type not in _EXPRESSIONS):
            if node.type == "import_statement":
                yield from (_module(child) for child in node.children_by_field_name("name"))
            elif node.type == "import_from_statement":
                yield from _names_from(node)

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> Iterator[str]:
        """Yield what is looked up, as ``pytest.mark``: the object and its first attribute."""
        for node in descend(self._root, lambda _: True):
            if node.type == "attribute":
                owner = node.child_by_field_name("object")
                if owner is not None and owner.type == "identifier":
                    yield f"{text(owner)}.{text(node.child_by_field_name('attribute'))}"


def _module(node: Node) -> str:
    return text(node.child_by_field_name("name") if node.type == "aliased_import" else node)


def _names_from(node: Node) -> Iterator[str]:
    module = text(node.child_by_field_name("module_name"))
    names = [_module(child) for child in node.children_by_field_name("name")]
    yield from (f"{module}.{name}" for name in names or ["*"])
