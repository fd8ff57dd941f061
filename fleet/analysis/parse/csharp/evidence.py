"""Which namespaces a C# file uses, and which attributes."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.csharp.declarations import name_of
from fleet.analysis.parse.syntax import descend, text

# A using stands at the top of a file or of a namespace, perhaps under a condition.
_OUTSIDE = frozenset(
    {
        "compilation_unit",
        "namespace_declaration",
        "file_scoped_namespace_declaration",
        "declaration_list",
        "preproc_if",
        "preproc_elif",
        "preproc_else",
        "ERROR",
    }
)
# Attributes of tests stand on types and methods, so nothing inside a method need be looked at.
_INSIDE = frozenset({"block", "arrow_expression_clause", "parameter_list", "field_declaration", "property_declaration"})


class CSharpEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> Iterator[str]:
        for node in descend(self._root, lambda node: node.type in _OUTSIDE):
            # A namespace that is given another name brings nothing by itself.
            if node.type == "using_directive" and node.child_by_field_name("name") is None and node.named_child_count:
                yield text(node.named_children[-1]).removeprefix("global::")

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> Iterator[str]:
        """Yield attributes as ``@Fact``: which namespace they come from may be said once for a whole project."""
        for node in descend(self._root, lambda node: node.type not in _INSIDE):
            if node.type == "attribute":
                yield f"@{name_of(node).rpartition('.')[2]}"
