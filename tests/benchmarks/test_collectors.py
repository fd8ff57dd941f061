"""How the tests that a framework collects are held against those that are found."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.collectors.collect import Collected, declared, leaves
from benchmarks.collectors.score import found_in, score
from fleet.analysis.inventory import Location, Suite, Test, TestFile


def found(line: int, end: int, name: str = "a") -> Test:
    return Test(name, "active", Location(line, end, 0, 0))


def file_with(*tests: Test) -> TestFile:
    return TestFile("a.js", "javascript", "mocha", tests=tests)


def test_a_test_is_paired_by_its_place() -> None:
    result = score({Collected("a.js", 2, "")}, found_in(file_with(found(1, 3))))

    assert (result.both, result.missed, result.extra) == (1, [], [])


def test_a_test_in_another_file_is_another_test() -> None:
    result = score({Collected("b.js", 2, "")}, found_in(file_with(found(1, 3))))

    assert (result.both, len(result.missed), len(result.extra)) == (0, 1, 1)
    assert (result.precision, result.recall) == (0, 0)


def test_no_test_is_paired_twice() -> None:
    result = score({Collected("a.js", 1, ""), Collected("a.js", 2, "")}, found_in(file_with(found(1, 3))))

    assert (result.both, result.missed) == (1, [Collected("a.js", 2, "")])
    assert (result.precision, result.recall) == (1, 0.5)


def test_of_two_that_fit_the_inner_one_is_paired() -> None:
    result = score({Collected("a.js", 5, "")}, found_in(file_with(found(1, 9, "outer"), found(4, 6, "inner"))))

    assert [each.name for each in result.extra] == ["outer"]


def test_a_test_without_a_place_is_paired_by_its_name() -> None:
    suite = Suite("TestA", "active", Location(1, 9, 0, 0), tests=(found(2, 3, "test_b"),))
    file = TestFile("a.py", "python", "pytest", suites=(suite,))

    result = score({Collected("a.py", 0, "TestA > test_b"), Collected("a.py", 0, "test_b")}, found_in(file))

    assert (result.both, result.missed) == (1, [Collected("a.py", 0, "test_b")])


def event(name: str, nesting: int, *, suite: bool = False) -> dict[str, Any]:
    return {"name": name, "nesting": nesting, "suite": suite}


def test_a_test_with_subtests_is_none_itself() -> None:
    events = [event("b", 2), event("c", 2), event("a", 1), event("d", 1), event("s", 0, suite=True), event("e", 0)]

    assert [each["name"] for each in leaves(events)] == ["b", "c", "d", "e"]


@pytest.mark.parametrize(
    "frame",
    ["    at Suite.<anonymous> (/project/test/a.js:3:5)", "    at file:///project/test/a.js:3:5"],
)
def test_a_test_is_declared_where_the_projects_own_file_calls(frame: str) -> None:
    frames = ["    at addTest (/elsewhere/hook.cjs:1:1)", "    at it (/project/node_modules/mocha/bdd.js:9:9)", frame]

    assert list(declared([*frames, "    at Object.<anonymous> (/project/test/a.js:1:1)"], Path("/project"))) == [
        Collected("test/a.js", 3, "")
    ]
