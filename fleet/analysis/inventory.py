"""What an analysis finds: test files, their suites and their tests."""

from typing import ClassVar, Literal

import msgspec

Status = Literal["active", "skipped", "todo", "focused", "xfail"]


class Location(msgspec.Struct, frozen=True, array_like=True):
    """Where something stands in its file: lines from 1, columns from 0 and counted in bytes."""

    line: int
    end_line: int
    column: int
    end_column: int


class Test(msgspec.Struct, frozen=True, array_like=True):
    """One test as it is written: a parametrised test is one."""

    __test__: ClassVar = False  # pytest is not to collect it, whatever its name

    name: str
    status: Status
    location: Location


class Suite(msgspec.Struct, frozen=True, array_like=True):
    """A named group of tests and of further suites."""

    name: str
    status: Status
    location: Location
    suites: tuple["Suite", ...] = ()
    tests: tuple[Test, ...] = ()


class TestFile(msgspec.Struct, frozen=True, tag="test_file"):
    """A file that belongs to a test framework; it counts even with no tests in it."""

    __test__: ClassVar = False

    path: str
    language: str
    framework: str
    suites: tuple[Suite, ...] = ()
    tests: tuple[Test, ...] = ()


class Unparsed(msgspec.Struct, frozen=True, tag="unparsed"):
    """A candidate that could not be read; *reason* is a sentence."""

    path: str
    reason: str


class NotATest(msgspec.Struct, frozen=True, tag="not_a_test"):
    """A candidate by its path that belongs to no framework."""

    path: str


ParsedFile = TestFile | Unparsed | NotATest


def count_tests(of: TestFile | Suite) -> int:
    """Count the tests of a file or a suite, those of inner suites included."""
    return len(of.tests) + sum(count_tests(suite) for suite in of.suites)
