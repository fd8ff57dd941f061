"""doctest."""

import math
import re
from typing import Final, NamedTuple

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.inventory import Status
from fleet.analysis.parse.cpp.given import literal
from fleet.analysis.parse.cpp.macros import Macro, macros
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.outline import Outline

_SCENARIOS: Final = frozenset({"SCENARIO", "SCENARIO_CLASS", "SCENARIO_TEMPLATE", "SCENARIO_TEMPLATE_DEFINE"})
_TESTS: Final = _SCENARIOS | {
    "TEST_CASE",
    "TEST_CASE_CLASS",
    "TEST_CASE_FIXTURE",
    "TEST_CASE_TEMPLATE",
    "TEST_CASE_TEMPLATE_DEFINE",
}
_SUITES: Final = frozenset({"TEST_SUITE", "TEST_SUITE_BEGIN", "TEST_SUITE_END"})
_PREFIX = "DOCTEST_"
_WORDS: Final = _TESTS | _SUITES | {_PREFIX + word for word in _TESTS | _SUITES}

# What stands behind the name: TEST_CASE("name" * doctest::skip()).
_SKIPPED = re.compile(r"\bskip\(\s*(true)?\s*\)")
_XFAIL = re.compile(r"\b(should_fail\(\s*(true)?\s*\)|expected_failures\()")


class _Suite(NamedTuple):
    outline: Outline
    status: Status
    end: float


def _read(root: Node) -> Outline:
    outline = Outline()
    open_suites = [_Suite(outline, "active", math.inf)]
    for macro in macros(root, _WORDS):
        while macro.start.start_byte >= open_suites[-1].end:
            open_suites.pop()
        suite = open_suites[-1]
        word = macro.name.removeprefix(_PREFIX)
        status = _status(macro, suite.status)
        if word in _TESTS:
            name = f"Scenario: {_name(macro)}" if word in _SCENARIOS else _name(macro)
            suite.outline.add_test(name, status, macro.location)
        elif word == "TEST_SUITE_END":
            del open_suites[1:]
        else:
            end = math.inf if word == "TEST_SUITE_BEGIN" else macro.end
            inner = suite.outline.add_suite(_name(macro), status, macro.location)
            open_suites.append(_Suite(inner, status, end))
    outline.drop_empty_suites()
    return outline


def _name(macro: Macro) -> str:
    return next((name for argument in macro.arguments if (name := literal(argument)) is not None), COMPUTED)


def _status(macro: Macro, inherited: Status) -> Status:
    decorated = " ".join(argument for argument in macro.arguments if literal(argument) is not None)
    if _SKIPPED.search(decorated):
        return "skipped"
    return "xfail" if _XFAIL.search(decorated) else inherited


DOCTEST = Framework(
    Facts(
        name="doctest",
        languages=frozenset({"cpp"}),
        # Its words are those of Catch2 and a few more, so it is asked first.
        rank=Rank.SPECIALISED,
        imports=("doctest.h", "doctest/*", "doctest_*"),
        markers=("DOCTEST_*", "SUBCASE()", "TEST_CASE_FIXTURE()", "TEST_CASE_TEMPLATE*", "TEST_SUITE*()"),
    ),
    _read,
)
