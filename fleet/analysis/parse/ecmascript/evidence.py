"""What a JavaScript or TypeScript file loads and uses."""

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.syntax import descend, descend_to, text

_LOADING: Final = (re.compile(rb"import"), re.compile(rb"require"))


class EcmaScriptEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> Iterator[str]:
        for node in descend_to(self._root, *_LOADING):
            if node.type == "import_statement" and not _is_type_only(node):
                yield from _module_of(node.child_by_field_name("source"))
            elif node.type == "call_expression" and _loads(node.child_by_field_name("function")):
                yield from _first_argument(node)

    def type_imports(self) -> Iterator[str]:
        for node in self._root.named_children:
            if node.type == "import_statement" and _is_type_only(node):
                yield from _module_of(node.child_by_field_name("source"))

    def names(self) -> Iterator[str]:
        """Yield ``jest.fn`` for what is looked up, ``suite()`` for what is called."""
        for node in descend(self._root, lambda _: True):
            if node.type == "member_expression":
                owner = node.child_by_field_name("object")
                if owner is not None and owner.type in ("identifier", "this"):
                    yield f"{text(owner)}.{text(node.child_by_field_name('property'))}"
            elif node.type == "call_expression":
                called = node.child_by_field_name("function")
                if called is not None and called.type == "identifier":
                    yield f"{text(called)}()"


def _loads(called: Node | None) -> bool:
    return called is not None and (
        called.type == "import" or (called.type == "identifier" and text(called) == "require")
    )


def _is_type_only(statement: Node) -> bool:
    return any(child.type == "type" for child in statement.children)


def _first_argument(call: Node) -> Iterator[str]:
    arguments = call.child_by_field_name("arguments")
    if arguments is not None and arguments.named_child_count:
        yield from _module_of(arguments.named_child(0))


def _module_of(node: Node | None) -> Iterator[str]:
    if node is not None and node.type == "string":
        yield text(node)[1:-1]
