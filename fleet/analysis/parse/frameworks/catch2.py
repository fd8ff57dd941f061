"""Catch2."""

import re
from typing import Final

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.cpp.given import literal
from fleet.analysis.parse.cpp.macros import macros
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.outline import Outline

_SCENARIOS: Final = frozenset({"SCENARIO", "SCENARIO_METHOD"})
_PLAIN: Final = _SCENARIOS | {
    "METHOD_AS_TEST_CASE",
    "REGISTER_TEST_CASE",
    "TEMPLATE_LIST_TEST_CASE",
    "TEMPLATE_LIST_TEST_CASE_METHOD",
    "TEMPLATE_PRODUCT_TEST_CASE",
    "TEMPLATE_PRODUCT_TEST_CASE_METHOD",
    "TEMPLATE_PRODUCT_TEST_CASE_METHOD_SIG",
    "TEMPLATE_PRODUCT_TEST_CASE_SIG",
    "TEMPLATE_TEST_CASE",
    "TEMPLATE_TEST_CASE_METHOD",
    "TEMPLATE_TEST_CASE_METHOD_SIG",
    "TEMPLATE_TEST_CASE_SIG",
    "TEST_CASE",
    "TEST_CASE_METHOD",
    "TEST_CASE_PERSISTENT_FIXTURE",
}
_PREFIX = "CATCH_"
_WORDS: Final = _PLAIN | {_PREFIX + word for word in _PLAIN}

_TAG = re.compile(r"\[(!?[^\][]*)\]")
# A test with one of these runs only if it is asked for.
_HIDDEN = ("!benchmark", "!hide", ".")


def _read(root: Node) -> Outline:
    outline = Outline()
    for macro in macros(root, _WORDS):
        texts = [found for argument in macro.arguments if (found := literal(argument)) is not None]
        name = texts[0] if texts else COMPUTED
        if macro.name.removeprefix(_PREFIX) in _SCENARIOS:
            name = f"Scenario: {name}"
        is_left = macro.comes_to(b"SKIP(", b"CATCH_SKIP(")
        outline.add_test(name, "skipped" if is_left else _status(texts[1:]), macro.location)
    return outline


def _status(texts: list[str]) -> Status:
    tags = [tag for text in texts for tag in _TAG.findall(text)]
    if any(tag.startswith(_HIDDEN) for tag in tags):
        return "skipped"
    return "xfail" if "!shouldfail" in tags else "active"


CATCH2 = Framework(
    Facts(
        name="catch2",
        languages=frozenset({"cpp"}),
        imports=("catch.hpp", "catch_all.hpp", "catch_amalgamated.hpp", "catch_*_macros.hpp", "catch2/*"),
        markers=tuple(f"{word}()" for word in sorted(_WORDS)),
    ),
    _read,
)
