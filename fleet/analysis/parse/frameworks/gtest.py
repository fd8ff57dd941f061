"""GoogleTest."""

from typing import Final

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.cpp.macros import macros
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.outline import Outline

_WORDS: Final = frozenset(
    {
        "FUZZ_TEST",
        "FUZZ_TEST_F",
        "GTEST_TEST",
        "GTEST_TEST_F",
        "TEST",
        "TEST_F",
        "TEST_P",
        "TYPED_TEST",
        "TYPED_TEST_P",
    }
)
# A suite and a name: anything else only happens to be called so.
_GIVEN = 2
_DISABLED = "DISABLED_"


def _read(root: Node) -> Outline:
    outline = Outline()
    suites: dict[str, Outline] = {}
    for macro in macros(root, _WORDS):
        if len(macro.arguments) != _GIVEN:
            continue
        suite, name = macro.arguments
        if suite not in suites:
            suites[suite] = outline.add_suite(suite, _status(suite), macro.location)
        status = "skipped" if macro.comes_to(b"GTEST_SKIP") else _status(suite, name)
        suites[suite].add_test(name, status, macro.location)
    return outline


def _status(*names: str) -> Status:
    return "skipped" if any(name.startswith(_DISABLED) for name in names) else "active"


GTEST = Framework(
    Facts(
        name="gtest",
        languages=frozenset({"cpp"}),
        imports=("gmock.h", "gmock/gmock*", "gtest.h", "gtest/gtest*"),
        markers=(*(f"{word}()" for word in sorted(_WORDS)), "testing::InitGoogleTest", "testing::Test*"),
    ),
    _read,
)
