"""What a Rust file marks its items with."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.rust.items import attribute_name
from fleet.analysis.parse.syntax import descend, text

# Without one of these words in it, no name that is yielded could say anything of tests; most files have none.
_WORDS = (b"test", b"ignore", b"should_panic", b"quickcheck")


class RustEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> list[str]:
        """Return nothing: the test harness is part of the language."""
        return []

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> Iterator[str]:
        """Yield ``#[tokio::test]`` for an attribute, ``#[cfg(test)]`` with its condition, ``rgtest!`` for a macro."""
        content = self._root.text or b""
        if not any(word in content for word in _WORDS):
            return
        for node in descend(self._root, lambda node: node.type != "token_tree" or b"test" in (node.text or b"")):
            if node.type in ("attribute_item", "inner_attribute_item"):
                yield from _attribute(node)
            elif node.type == "macro_invocation":
                yield f"{text(node.child_by_field_name('macro'))}!"
            elif node.type == "token_tree" and text(node) == "[test]":
                # The attribute is among what a macro takes or makes.
                yield "#[test]"


def _attribute(item: Node) -> Iterator[str]:
    name = attribute_name(item)
    yield f"#[{name}]"
    if name == "cfg" and any(_is_test(node) for node in descend(item, lambda _: True)):
        yield "#[cfg(test)]"


def _is_test(node: Node) -> bool:
    return node.type == "identifier" and text(node) == "test"
