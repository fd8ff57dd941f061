"""How the record reads the languages with the fewest differences."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from tree_sitter import Node

from benchmarks.recorded.seen import Seen, is_inside, sift
from fleet.analysis.inventory import TestFile
from fleet.analysis.parse.ruby.calls import method_of
from fleet.analysis.parse.syntax import descend, parse, text

_GTEST: Final = frozenset({"TEST", "TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P"})
_EXAMPLES: Final = frozenset(prefix + word for prefix in ("", "x", "f") for word in ("it", "specify", "example"))
_PHPUNIT: Final = re.compile(
    r"\buse\s+PHPUnit\\Framework\\TestCase|\bextends\s+TestCase|@test\b|#\[Test\]|\$this->assert"
)
_XCTEST: Final = re.compile(r"test[A-Z]")
_ATTRIBUTES: Final = frozenset({"attribute_item", "block_comment", "line_comment"})
# Frameworks that it does not know.
_UNKNOWN: Final = frozenset({"catch2", "doctest", "test-unit"})


def see(file: TestFile, content: bytes) -> Seen | None:
    if file.framework in _UNKNOWN:
        return None
    if file.framework == "pest":
        marked = _PHPUNIT.search(content.decode("utf-8", "replace"))
        return None if marked is None else Seen("phpunit", 0, Counter(), Counter())
    seen = sift(file, content, _REASONS.get(file.framework, lambda _: ""))
    if file.framework != "rspec":
        return seen
    stray = _stray(parse(file.language, content))
    return seen._replace(tests=seen.tests + stray, invented=Counter({"skip or pending inside an example": stray}))


def _gtest_reason(node: Node) -> str:
    word = re.match(r"\w*", text(node))
    return "" if word is not None and word[0] in _GTEST else "a macro that it does not know"


def _rust_reason(node: Node) -> str:
    if is_inside(node, ("token_tree",)):
        return "a function inside a macro"
    if node.type != "function_item":
        return ""
    attributes: set[str] = set()
    before = node.prev_named_sibling
    while before is not None and before.type in _ATTRIBUTES:
        attributes.add(text(before))
        before = before.prev_named_sibling
    return "" if "#[test]" in attributes else "an attribute other than #[test]"


def _rspec_reason(node: Node) -> str:
    return "" if method_of(node) in _EXAMPLES else "a word that it does not know"


def _minitest_reason(node: Node) -> str:
    return "" if node.type != "call" or method_of(node) == "it" else "a word that it does not know"


def _swift_reason(node: Node) -> str:
    return "" if is_inside(node, ("class_body",)) else "a function outside of types"


def _xctest_reason(node: Node) -> str:
    name = text(node.child_by_field_name("name")) if node.type == "function_declaration" else ""
    return "" if not name or _XCTEST.match(name) else "a name without a capital letter behind test"


_REASONS: Final[dict[str, Callable[[Node], str]]] = {
    "cargo-test": _rust_reason,
    "gtest": _gtest_reason,
    "minitest": _minitest_reason,
    "rspec": _rspec_reason,
    "swift-testing": _swift_reason,
    "xctest": _xctest_reason,
}


def _stray(root: Node) -> int:
    """Count the calls of ``skip "why"`` and ``pending "why"``, each of which is a test there."""
    calls = (node for node in descend(root, lambda _: True) if node.type == "call" and _is_told_why(node))
    return sum(1 for node in calls if method_of(node) in ("skip", "pending"))


def _is_told_why(call: Node) -> bool:
    given = call.child_by_field_name("arguments")
    first = next(iter(given.named_children), None) if given is not None else None
    is_bare = call.child_by_field_name("receiver") is None and call.child_by_field_name("block") is None
    return is_bare and first is not None and first.type == "string"
