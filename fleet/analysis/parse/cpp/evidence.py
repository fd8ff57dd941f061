"""What a C++ file includes and calls."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.syntax import descend, text

_HOLD_INCLUDES = frozenset(
    {
        "declaration_list",
        "linkage_specification",
        "namespace_definition",
        "preproc_elif",
        "preproc_else",
        "preproc_if",
        "preproc_ifdef",
        "translation_unit",
    }
)


class CppEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> Iterator[str]:
        """Yield the paths of headers, and their names alone."""
        for node in descend(self._root, lambda node: node.type in _HOLD_INCLUDES):
            if node.type == "preproc_include":
                path = text(node.child_by_field_name("path")).strip('<>"')
                yield path
                yield path.rpartition("/")[2]

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> Iterator[str]:
        """Yield ``TEST()`` for what is called or looks so, ``testing::Test`` for what is named with its namespace."""
        for node in descend(self._root, lambda _: True):
            if node.type in ("call_expression", "function_declarator"):
                called = node.child_by_field_name("function") or node.child_by_field_name("declarator")
                if called is not None and called.type == "identifier":
                    yield f"{text(called)}()"
            elif node.type == "qualified_identifier":
                yield text(node).removeprefix("::")
