"""Minitest, as it is and as Rails and shoulda extend it."""

from typing import Final

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.ruby.walk import Dialect, Word, outline

_WORDS: Final = {
    "context": Word("suite"),
    "describe": Word("suite"),
    "it": Word("test"),
    "should": Word("test"),
    "should_eventually": Word("test", "skipped"),
    "specify": Word("test"),
    "test": Word("test"),
}
_DIALECT: Final = Dialect(_WORDS, {"skip": "skipped"}, has_classes=True)

MINITEST = Framework(
    Facts(
        name="minitest",
        languages=frozenset({"ruby"}),
        imports=("< *Test", "< *TestCase", "minitest", "minitest/*"),
        markers=(
            "*.must_*",
            "*.wont_*",
            "MiniTest*",
            "Minitest*",
            "assert*()",
            "def test_*",
            "refute*()",
            "require test_helper",
        ),
    ),
    lambda root: outline(root, _DIALECT),
)
