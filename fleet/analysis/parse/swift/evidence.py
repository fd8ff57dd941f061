"""What a Swift file imports, marks and calls."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.swift.nodes import attribute_name
from fleet.analysis.parse.syntax import child_of_type, descend, text


class SwiftEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> Iterator[str]:
        """Yield modules; what is imported alone follows its module, as ``Testing.Test``."""
        for node in self._root.named_children:
            if node.type == "import_declaration":
                yield text(child_of_type(node, "identifier"))

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> Iterator[str]:
        """Yield ``@Test``, ``#expect``, ``: XCTestCase``, ``func testIt`` and ``XCTAssertEqual()``."""
        for node in descend(self._root, lambda _: True):
            match node.type:
                case "attribute":
                    yield f"@{attribute_name(node)}"
                case "macro_invocation":
                    yield f"#{text(child_of_type(node, 'simple_identifier'))}"
                case "inheritance_specifier":
                    yield f": {text(node)}"
                case "function_declaration":
                    yield f"func {text(node.child_by_field_name('name'))}"
                case "call_expression" if node.named_child_count:
                    yield f"{text(node.named_children[0])}()"
