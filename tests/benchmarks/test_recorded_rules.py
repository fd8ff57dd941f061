"""What the rules of the record make of a file, construct by construct."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from benchmarks.accuracy import Reading, Record, compare, summary
from benchmarks.recorded.configs import as_recorded
from benchmarks.recorded.paths import is_looked_at
from benchmarks.recorded.reading import read_again
from fleet.analysis.detect.scope import Scopes
from fleet.analysis.parse.configs.read import read_config
from fleet.analysis.parse.source import read_source

NO_CONFIGS: Mapping[str, str] = MappingProxyType({})
MSTEST = "using Microsoft.VisualStudio.TestTools.UnitTesting;\n"
TESTNG = "import org.testng.annotations.Test;\n"


def reading(path: str, source: str, configs: Mapping[str, str] = NO_CONFIGS) -> dict[str, Any]:
    contents = {name: content.encode() for name, content in {**configs, path: source}.items()}
    found = tuple(scope for name in configs for scope in read_config(name, contents[name]))
    scopes = as_recorded(Scopes(found), contents)
    return read_again([read_source(path, contents[path], scopes)], contents, scopes)


def count(path: str, source: str) -> int | None:
    """Count the tests there, none at all where the file belongs to nobody."""
    again = reading(path, source)
    return again["tests"] if again["files"] else None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("it('a', f)", 1),
        ("describe('a', () => { it.only('b', f); xit('c', f); test.each([1])('d', f) })", 3),
        ("describe('a', () => { it('b', f) }).timeout(5)", 0),
        ("it('a', f).timeout(5)", 0),
        ("const a = it('a', f).timeout(5)", 1),
        ("function shared() { it('a', f) }", 1),
        ("if (a) { for (const b of c) { it(b, () => {}) } }", 1),
        ("a.forEach(b => { it('c', f) })", 1),
        ("a.forEach(b => it('c', f))", 0),
        ("a && it('b', f)", 0),
        ("withServer(() => { it('a', f) })", 1),
        ("matrix.setup(() => { it('a', f) })", 0),
        ("const itIf = (a) => (a ? it : it.skip); itIf(b)('c', f)", 0),
        ("const describeIf = (a) => (a ? describe : describe.skip); describeIf(b)('c', () => { it('d', f) })", 0),
        ("(a ? describe : describe.skip)('b', () => { it('c', f) })", 1),
        ("it.failing('a', f); it.skipIf(b)('c', f)", 0),
    ],
)
def test_calls_are_followed_from_statement_to_statement(source: str, expected: int) -> None:
    assert count("a.test.js", f"import x from '@jest/globals'\n{source}") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("test('a', f); test.describe('b', () => { test.skip('c', f) })", 2),
        ("test.describe('a', () => { b.forEach(c => { test(c, async () => {}) }) })", 0),
        ("test.fail('a', f)", 0),
    ],
)
def test_a_walk_of_its_own_reads_playwright(source: str, expected: int) -> None:
    assert count("a.spec.ts", f"import {{ test }} from '@playwright/test'\n{source}") == expected


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("import { it } from 'vitest'", "vitest"),
        ("import {\n  it,\n} from 'vitest'", None),
        ("import {\n  it, vi\n} from 'vitest'; vi.fn()", "vitest"),
        ("// jest.fn", "jest"),
        ("import test from 'node:test'", None),
    ],
)
def test_a_file_shows_its_framework_line_by_line(source: str, framework: str | None) -> None:
    assert list(reading("a.test.ts", source)["frameworks"]) == ([framework] if framework else [])


@pytest.mark.parametrize(
    ("config", "content", "files"),
    [
        ("jest.config.js", "module.exports = { testPathIgnorePatterns: ['/old/'] }", 1),
        ("jest.config.js", "module.exports = { testMatch: ['<rootDir>/**/*.test.ts'] }", 0),
        ("jest.config.js", "module.exports = { testMatch: ['**/*.test.ts'] }", 1),
        ("package.json", '{ "jest": {} }', 0),
        ("vitest.config.ts", "export default { test: { exclude: ['**/old/**'] } }", 0),
        ("vitest.config.ts", "export default { test: { coverage: { exclude: ['**/old/**'] } } }", 1),
        ("vitest.config.ts", "export default { test: { coverage: { a: ['*.{b}'], exclude: ['**/old/**'] } } }", 0),
        ("vite.config.ts", "export default { test: {} }", 0),
        ("cypress.config.ts", "export default { e2e: { specPattern: 'x/*.ts' } }", 1),
        ("playwright.config.ts", "export default { testMatch: 'x/*.ts' }", 1),
    ],
)
def test_a_configuration_is_read_by_expressions(config: str, content: str, files: int) -> None:
    assert reading("src/old/a.test.ts", "it('a', f)", {config: content})["files"] == files


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("ATests.cs", f"{MSTEST}class A {{ [TestMethod] void B() {{}} [UITestMethod] void C() {{}} }}", 1),
        ("ATests.cs", 'class A { string b = "[TestMethod]"; }', 0),
        ("ATests.cs", 'class A { string b = "[Row]"; }', None),
        (
            "ATests.cs",
            "using Xunit;\nclass A {\n[Theory]\n[InlineData(1)]\n#if X\n[InlineData(2)]\n#endif\nvoid B() {} }",
            1,
        ),
        ("ATest.java", f"{TESTNG}@Test class A {{ public void b() {{}} public int c() {{}} }}", 2),
        ("ATest.java", f"{TESTNG}@Test class A {{ @DataProvider public int c() {{}} private int d() {{}} }}", 0),
        ("ATest.java", f"{TESTNG}interface A {{ @Test default void b() {{}} }}", 0),
        ("ATest.java", 'class A { String b = "import org.testng.annotations.Test"; }', 0),
        ("ATest.kt", "import org.testng.annotations.Test\nclass A { @Test fun b() {} }", 1),
        ("ATest.kt", "import org.testng.annotations.DataProvider\nclass A { @DataProvider fun b() {} }", None),
        ("ATest.kt", "import org.junit.Test\nclass A { @Test fun b() {} }", None),
        ("ATest.kt", "import kotlin.test.Test\nclass A {\n@Nested inner class B {\n@Test fun b() {}\n}\n}", 0),
        ("test_a.py", "import pytest\ndef test_a(): pass\ndef testb(): pass", 1),
        ("test_a.py", "import pytest\nclass TestA:\n    def __init__(self): pass\n    def test_b(self): pass", 1),
        ("test_a.py", "import pytest\nif x:\n    def test_a(): pass", 0),
        ("test_a.py", "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass", 1),
        ("a_test.cc", '#include "gtest/gtest.h"\nTEST(A, B) {}\nGTEST_TEST(A, C) {}', 1),
        ("a_test.cc", "#include <catch2/catch.hpp>\nTEST_CASE() {}", None),
        ("src/a.rs", "#[test]\nfn a() {}\n#[tokio::test]\nasync fn b() {}", 1),
        ("a_spec.rb", "require 'rspec'\ndescribe('a') { it('b') { skip 'no' }; c() }", 2),
        ("a_spec.rb", "require 'rspec'\ndescribe('a') { scenario('b') { c } }", 0),
        ("a_test.rb", "require 'minitest'\nclass A < Minitest::Test\n  test('a') { b }\n  def test_c; end\nend", 1),
        ("tests/ATest.php", "<?php it('a', function () {});", None),
        ("Tests/ATests.swift", "import Testing\n@Test func a() {}\nstruct B { @Test func c() {} }", 1),
        ("Tests/ATests.swift", "import XCTest\nclass A: XCTestCase { func testA() {} func test_b() {} }", 1),
    ],
)
def test_every_language_has_constructs_of_which_it_counts_fewer_or_more(
    path: str, source: str, expected: int | None
) -> None:
    assert count(path, source) == expected


def test_what_is_passed_over_and_invented_is_told_with_the_reason() -> None:
    again = reading("ATest.java", f"{TESTNG}@Test class A {{ public int a() {{}} }} interface B {{ @Test void b(); }}")

    assert again["passed_over"] == {"a test in an interface": 1}
    assert again["invented"] == {"a method of a class with @Test that returns a value": 1}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.SPEC.ts", True),
        ("src/a.test.mts", False),
        ("src/__tests__/a.js", True),
        ("src/__tests__/__fixtures__/a.js", False),
        ("test/a.js", False),
        ("node_modules/a.test.js", False),
        ("lib/coverage/a_test.go", True),
        ("coverage/a_test.go", False),
        ("test/A.java", False),
        ("core/test/A.java", True),
        ("src/main/java/ATest.java", False),
        ("src/main/kotlin/ATest.kt", True),
        ("src/commonTest/A.kt", False),
        ("src/UnitTests/A.cs", False),
        ("src/A.Tests/B.cs", True),
        ("tests/conftest.py", False),
        ("tests/a.py", True),
        ("spec/support/a.rb", False),
        ("tests/a.rb", False),
        ("Tests/A.swift", True),
    ],
)
def test_only_some_paths_are_looked_at(path: str, expected: bool) -> None:
    assert is_looked_at(path) == expected


def test_a_repository_is_compared_in_both_readings() -> None:
    source = "const check = x ? it : it.skip; it('a', f); check('b', f)"
    record = Record("a", "a/a", "c", {"jest": 1}, candidates=1, files=1, tests=1, samples=())
    content = f"import x from '@jest/globals'; {source}"
    files = [read_source(path, content.encode(), Scopes()) for path in ("a.test.js", "test/a-test.js")]

    compared = compare(record, Reading(files, reading("a.test.js", content)))

    assert (compared["ours"]["tests"], compared["equal"], compared["equal_by_its_rules"]) == (2, False, True)
    assert summary([compared]) == {"repositories": 1, "candidates_equal": 1, "equal": 0, "equal_by_its_rules": 1}
