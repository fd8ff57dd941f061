"""A megabyte of each kind that hurts a grammar, in every language: it costs its own file, and a bounded time."""

import time
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import pytest

from fleet.analysis.detect.scope import Scope, Scopes
from fleet.analysis.inventory import ParsedFile, TestFile, Unparsed, count_tests
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.pool import open_parsers
from fleet.analysis.parse.source import read_source

# By path: what a file begins with, a numbered test of it, and what it ends with.
WRITTEN = {
    "ATest.java": (b"class ATest {\n", b"@Test void a%d() { f(); }\n", b"}"),
    "ATest.kt": (b"class ATest {\n", b"@Test fun a%d() { f() }\n", b"}"),
    "ATest.php": (b"<?php class ATest extends TestCase {\n", b"function test%d() { f(); }\n", b"}"),
    "ATests.cs": (b"class ATests {\n", b"[Fact] void A%d() { F(); }\n", b"}"),
    "ATests.swift": (b"class ATests: XCTestCase {\n", b"func test%d() { a() }\n", b"}"),
    "a.test.js": (b"", b"it('%d', () => { f() })\n", b""),
    "a.test.ts": (b"", b"it('%d', () => { f() })\n", b""),
    "a.test.tsx": (b"", b"it('%d', () => { f() })\n", b""),
    "a_spec.rb": (b"describe A do\n", b"it('%d') { f }\n", b"end"),
    "a_test.cc": (b"", b"TEST(A, b%d) { f(); }\n", b""),
    "a_test.go": (b"package a\n", b"func Test%d(t *testing.T) { f() }\n", b""),
    "a_test.rs": (b"", b"#[test] fn a%d() { f() }\n", b""),
    "test_a.py": (b"", b"def test_%d(): f()\n", b""),
}
CLAIMED = Scopes(
    tuple(
        Scope(name, "x", "", ("",))
        for name in ("cargo-test", "gtest", "jest", "junit4", "junit5", "phpunit", "pytest", "rspec", "xctest", "xunit")
    )
)
LARGE = 900_000
# Short, so that what takes for ever does not.
LIMITS = ParserLimits(file_time=timedelta(seconds=1), file_cpu=timedelta(seconds=2))
HOSTILE = (b"({[", b'"', b"`", b"/*", b"a<", b"#", b"\0", b"\xff\xfe")


@pytest.mark.parametrize("path", WRITTEN)
async def test_a_megabyte_of_harm_costs_its_own_file_and_a_bounded_time(path: str) -> None:
    start, test, end = WRITTEN[path]
    harm = [start + part * (LARGE // len(part)) for part in HOSTILE]
    unbroken = start.rstrip() + b" " + test.rstrip() * (LARGE // len(test)) + end
    good = start + test % 1 + end
    began = time.monotonic()

    async with open_parsers(count=1, limits=LIMITS) as parsers:
        found = [file async for file in parsers.parse(_each(path, [*harm, unbroken, good]), CLAIMED)]

    assert [type(file) for file in found if not isinstance(file, TestFile | Unparsed)] == []
    assert _tests(found[-1]) == 1
    assert time.monotonic() - began < len(found) * (LIMITS.file_time + LIMITS.start_time / 20).total_seconds()


@pytest.mark.parametrize("path", WRITTEN)
def test_as_many_tests_as_a_file_can_hold_are_all_found(path: str) -> None:
    start, test, end = WRITTEN[path]
    count = LARGE // (len(test) + 5)

    parsed = read_source(path, start + b"".join(test % number for number in range(count)) + end, CLAIMED)

    assert _tests(parsed) == count


def _tests(file: ParsedFile) -> int | None:
    return count_tests(file) if isinstance(file, TestFile) else None


async def _each(path: str, contents: Iterable[bytes]) -> AsyncIterator[tuple[str, bytes]]:
    for content in contents:
        yield path, content
