"""Test::Unit."""

from typing import Final

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.ruby.walk import Dialect, Word, outline

_WORDS: Final = {"sub_test_case": Word("suite"), "test": Word("test")}
_DIALECT: Final = Dialect(_WORDS, {"omit": "skipped", "pend": "todo", "skip": "skipped"}, has_classes=True)

TEST_UNIT = Framework(
    Facts(
        name="test-unit",
        languages=frozenset({"ruby"}),
        rank=Rank.SPECIALISED,
        imports=("< Test::Unit::*", "test-unit", "test/unit", "test/unit/*"),
        markers=("Test::Unit*",),
    ),
    lambda root: outline(root, _DIALECT),
)
