"""What a Rust file marks its items with."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.rust.items import attribute_name
from fleet.analysis.parse.syntax import descend, descend_to, text

# A name without one of these words in it says nothing of tests.
_WORDS = re.compile(rb"test|ignore|should_panic|quickcheck")


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
        for node in descend_to(self._root, _WORDS):
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
