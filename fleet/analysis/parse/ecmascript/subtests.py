"""Tests that a test declares while it runs: ``test("adds", async (t) => { await t.test("zeros", …) })``."""

import re
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.dialect import Word
from fleet.analysis.parse.ecmascript.meaning import Vocabulary
from fleet.analysis.parse.syntax import descend_to, text

_TEST: Final = re.compile(rb"\btest\b")


def inside_test(function: Node | None, known: Vocabulary) -> Vocabulary | None:
    """Return the words inside a test that declares others, or None if it is only itself."""
    body = None if function is None else function.child_by_field_name("body")
    if function is None or body is None or not known.dialect.subtests:
        return None
    context = _first_parameter(function)
    if not context or not any(_is_subtest(node, context) for node in descend_to(body, _TEST)):
        return None
    return known._replace(words={**known.words, context: Word("namespace")})


def _first_parameter(function: Node) -> str:
    alone = function.child_by_field_name("parameter")
    if alone is not None:
        return text(alone)
    parameters = function.child_by_field_name("parameters")
    first = next((each for each in parameters.named_children if each.type != "comment"), None) if parameters else None
    # TypeScript wraps each parameter, to give it a type.
    pattern = first.child_by_field_name("pattern") or first if first is not None else None
    return text(pattern) if pattern is not None and pattern.type == "identifier" else ""


def _is_subtest(node: Node, context: str) -> bool:
    called = node.child_by_field_name("function") if node.type == "call_expression" else None
    return (
        called is not None
        and called.type == "member_expression"
        and text(called.child_by_field_name("object")) == context
        and text(called.child_by_field_name("property")) == "test"
    )
