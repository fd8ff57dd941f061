"""RSpec."""

from typing import Final

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.ruby.walk import Dialect, Word, outline

_GROUPS = ("context", "describe", "example_group", "feature")
_EXAMPLES = ("example", "it", "scenario", "specify")
_WORDS: Final = {
    **{word: Word("suite") for word in _GROUPS},
    **{word: Word("test") for word in _EXAMPLES},
    **{f"f{word}": Word("suite", "focused") for word in _GROUPS},
    **{f"f{word}": Word("test", "focused") for word in _EXAMPLES},
    **{f"x{word}": Word("suite", "skipped") for word in _GROUPS},
    **{f"x{word}": Word("test", "skipped") for word in _EXAMPLES},
    "focus": Word("test", "focused"),
    "its": Word("test"),
    "pending": Word("test", "xfail", is_bare=True),
    "shared_context": Word("suite"),
    "shared_examples": Word("suite"),
    "shared_examples_for": Word("suite"),
    "skip": Word("test", "skipped", is_bare=True),
}
_DIALECT: Final = Dialect(_WORDS, {"pending": "xfail", "skip": "skipped"}, has_classes=False)

RSPEC = Framework(
    Facts(
        name="rspec",
        languages=frozenset({"ruby"}),
        rank=Rank.SPECIALISED,
        imports=("rspec", "rspec/*"),
        # Other frameworks use these parts of it.
        exceptions=("rspec/expectations", "rspec/expectations/*", "rspec/mocks", "rspec/mocks/*"),
        markers=(
            "*.should",
            "*.should_not",
            "RSpec.*",
            "allow().to",
            "expect().not_to",
            "expect().to",
            "expect().to_not",
            "include_examples()",
            "instance_double()",
            "is_expected.*",
            "it_behaves_like()",
            "let!()",
            "require rails_helper",
            "shared_context()",
            "shared_examples*()",
        ),
        shared=("context()", "describe()", "it()", "require spec_helper", "specify()"),
    ),
    lambda root: outline(root, _DIALECT),
)
