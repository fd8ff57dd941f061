"""What a Ruby file requires, derives from and calls."""

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.ruby.calls import arguments, method_of, string
from fleet.analysis.parse.syntax import descend, descend_to, text

_REQUIRED_OR_BASE: Final = re.compile(rb"require|<")
_REQUIRES: Final = frozenset({"require", "require_relative"})
# A file is required before anything else happens.
_CLOSED: Final = frozenset({"argument_list", "block", "do_block", "method", "singleton_method"})
_CONSTANTS: Final = frozenset({"constant", "scope_resolution"})
_PLAIN: Final = frozenset({"constant", "identifier", "scope_resolution"})


class RubyEvidence:
    def __init__(self, root: Node) -> None:
        self._root = root

    def imports(self) -> Iterator[str]:
        """Yield what is required, and ``< Base`` for what a class derives from.

        Nothing is required where a helper does that, but a test case cannot hide what it is.
        """
        for node in descend_to(self._root, _REQUIRED_OR_BASE, enter=lambda node: node.type not in _CLOSED):
            yield from _required(node)
            yield from _base(node)

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> Iterator[str]:
        """Yield what there is to see.

        That is ``it()`` and ``RSpec.describe`` for calls, ``expect().to`` for those of what a call returned,
        ``Minitest::Test`` for a constant, ``def test_it`` for a method and ``require spec_helper`` for a file, without
        its folder.
        """
        for node in descend(self._root, lambda _: True):
            if node.type == "call":
                yield _called(node)
                yield from (f"require {path.rpartition('/')[2]}" for path in _required(node))
            elif node.type == "method":
                yield f"def {text(node.child_by_field_name('name'))}"
            elif node.type in _CONSTANTS:
                yield text(node).removeprefix("::")


def _required(node: Node) -> Iterator[str]:
    if node.type == "call" and method_of(node) in _REQUIRES:
        yield from (path for argument in arguments(node)[:1] if (path := string(argument)) is not None)


def _base(node: Node) -> Iterator[str]:
    if node.type == "superclass" and node.named_child_count:
        yield f"< {text(node.named_children[0]).removeprefix('::')}"


def _called(call: Node) -> str:
    receiver, method = call.child_by_field_name("receiver"), method_of(call)
    if receiver is None:
        return f"{method}()"
    if receiver.type == "call" and receiver.child_by_field_name("receiver") is None:
        return f"{method_of(receiver)}().{method}"
    return f"{text(receiver).removeprefix('::')}.{method}" if receiver.type in _PLAIN else f".{method}"
