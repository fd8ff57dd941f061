"""What a Java file imports, and which annotations it uses."""

import re
from functools import cached_property

from tree_sitter import Node

from fleet.analysis.parse.annotated.imports import Imports
from fleet.analysis.parse.java.declarations import name_of
from fleet.analysis.parse.syntax import child_of_type, descend_to, text

# Annotations of tests stand on types and their members, so nothing inside those need be looked at.
_ANNOTATION = re.compile(rb"@")
_INSIDE = frozenset({"block", "constructor_body", "field_declaration", "formal_parameters", "annotation_argument_list"})
_ANNOTATIONS = ("annotation", "marker_annotation")


class JavaEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> list[str]:
        return list(self._imports.names(self._annotations))

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> list[str]:
        """Return the imports once more, and the annotations by their whole names: ``@org.junit.Test``."""
        return [*self.imports(), *(f"@{name}" for name in self._imports.whole(self._annotations))]

    @cached_property
    def _annotations(self) -> list[str]:
        walk = descend_to(self._root, _ANNOTATION, enter=lambda node: node.type not in _INSIDE)
        return [name_of(node) for node in walk if node.type in _ANNOTATIONS]

    @cached_property
    def _imports(self) -> Imports:
        package = ""
        single: list[str] = []
        packages: list[str] = []
        for node in self._root.named_children:
            if node.type == "package_declaration":
                package = _dotted(node)
            elif node.type == "import_declaration":
                name = _dotted(node)
                # ``import module a.b``, which the grammar does not know, imports the packages of a module.
                is_module = name.startswith("module ")
                (packages if is_module or child_of_type(node, "asterisk") else single).append(
                    name.removeprefix("module ")
                )
        return Imports(package, tuple(single), tuple(packages))


def _dotted(statement: Node) -> str:
    return text(child_of_type(statement, "scoped_identifier", "identifier"))
