"""What a Kotlin file imports, which annotations it uses, and what its types derive from."""

import re
from collections.abc import Iterator
from functools import cached_property

from tree_sitter import Node

from fleet.analysis.parse.annotated.imports import Imports
from fleet.analysis.parse.kotlin.declarations import annotations_of
from fleet.analysis.parse.kotlin.superclasses import superclasses
from fleet.analysis.parse.syntax import child_of_type, descend_to, text

# Annotations of tests stand on types and their members, so nothing inside those need be looked at.
_ANNOTATION = re.compile(rb"@")
_INSIDE = frozenset(
    {
        "function_body",
        "function_value_parameters",
        "property_declaration",
        "delegation_specifiers",
        "primary_constructor",
        "anonymous_initializer",
        "value_arguments",
    }
)


class KotlinEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> list[str]:
        return list(self._imports.names(self._annotations))

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> list[str]:
        """Return the imports once more, ``@org.junit.Test`` for annotations and ``FunSpec()`` for superclasses."""
        annotations = (f"@{name}" for name in self._imports.whole(self._annotations))
        return [*self.imports(), *annotations, *(f"{name}()" for name in self._superclasses())]

    @cached_property
    def _annotations(self) -> list[str]:
        walk = descend_to(self._root, _ANNOTATION, enter=lambda node: node.type not in _INSIDE)
        return [name for node in walk if node.type == "annotation" for name in annotations_of(node)]

    def _superclasses(self) -> Iterator[str]:
        for node in self._root.named_children:
            yield from superclasses(node)

    @cached_property
    def _imports(self) -> Imports:
        package = ""
        single: list[str] = []
        packages: list[str] = []
        for node in self._root.named_children:
            if node.type == "package_header":
                package = _dotted(node)
            elif node.type == "import":
                has_star = any(child.type == "*" for child in node.children)
                (packages if has_star else single).append(_dotted(node))
        return Imports(package, tuple(single), tuple(packages))


def _dotted(statement: Node) -> str:
    return text(child_of_type(statement, "qualified_identifier"))
