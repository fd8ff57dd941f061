"""What counts as a test in a Swift file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, framework_of, lines_of, locations_of


def xctest(source: str) -> list[str]:
    return lines_of("Tests/ATests.swift", "import XCTest\n" + source)


def swift_testing(source: str) -> list[str]:
    return lines_of("Tests/ATests.swift", "import Testing\n" + source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A: XCTestCase { func testA() {} }", ["A > testA"]),
        ("final class A: XCTest.XCTestCase { func test_a() async throws {} }", ["A > test_a"]),
        ("class A: BaseTestCase, Thing { @MainActor func testA() {} }", ["A > testA"]),
        ("class A: XCTestCase {}\nclass B: A { func testA() {} }", ["B > testA"]),
        ("class ATests: Base { func testA() {} }", ["ATests > testA"]),
        ("class A: Base { func testA() {} }", []),
        ("class ATests { func testA() {} }", []),
        ("struct ATests: Base { func testA() {} }", []),
        ("class A: XCTestCase { func testA(x: Int) {} func testB() -> Int { 1 } func checks() {} }", []),
        ("class A: XCTestCase { private func testA() {} static func testB() {} }", []),
        ("class A: XCTestCase { func testA() { func testB() {} } }", ["A > testA"]),
        ("class A: XCTestCase {\n#if os(Linux)\nfunc testA() {}\n#endif\n}", ["A > testA"]),
        ("class A: XCTestCase { func testA() {} }\nextension A { func testB() {} }", ["A > testA", "A > testB"]),
        ("extension ATests { func testA() {} }", ["ATests > testA"]),
        ("extension Thing { func testA() {} }", []),
        ("enum N { class A: XCTestCase { func testA() {} } }", ["N > A > testA"]),
        ("func testA() {}", []),
        ("/* class A: XCTestCase { func testA() {} } */", []),
    ],
)
def test_xctest_runs_methods_of_test_cases(source: str, expected: list[str]) -> None:
    assert xctest(source) == expected


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('throw XCTSkip("why")', " skipped"),
        ("a()\nthrow XCTSkip()", " skipped"),
        ("if a { throw XCTSkip() }", ""),
        ("try XCTSkipIf(a)", ""),
        ('XCTExpectFailure("why")\na()', " xfail"),
        ('XCTExpectFailure("why") { a() }', ""),
    ],
)
def test_an_xctest_that_always_ends_the_same_way_says_so(body: str, status: str) -> None:
    assert xctest(f"class A: XCTestCase {{ func testA() throws {{\n{body}\n}} }}") == [f"A > testA{status}"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@Test func a() {}", ["a"]),
        ("@Testing.Test func a() {}", ["a"]),
        ("struct A { @Test func b() async throws {} func c() {} }", ["A > b"]),
        ("struct A { @Test static func b() {} }", ["A > b"]),
        ("@Suite struct A { struct B { @Test func c() {} } }", ["A > B > c"]),
        ('@Suite("the a") final class A { @Test("the b", arguments: [1, 2]) func b(x: Int) {} }', ["the a > the b"]),
        ('@Test(.tags(.x), .bug("y")) func a() {}', ["a"]),
        ("@Test func `a b`() {}", ["a b"]),
        ("extension A { @Test func b() {} }\nextension A { @Test func c() {} }", ["A > b", "A > c"]),
        ("@Test func a() {}\nclass B: XCTestCase { func testB() {} }", ["a", "B > testB"]),
        ("struct ATests { func testA() {} }", []),
        ('@Suite struct A {\n@Test func b() {}\n#warning("x")\n/* @Test func c() {} */', ["b"]),
    ],
)
def test_swift_testing_runs_functions_with_an_attribute(source: str, expected: list[str]) -> None:
    assert swift_testing(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('@Test(.disabled("why")) func a() {}', ["a skipped"]),
        ('@Test("b", .tags(.x), .disabled()) func a() {}', ["b skipped"]),
        ("@Test(.disabled(if: a)) func a() {}", ["a"]),
        ("@Test(.enabled(if: a)) func a() {}", ["a"]),
        ("@Test(.enabled(if: false)) func a() {}", ["a skipped"]),
        ('@Suite(.disabled("why")) struct A { @Test func b() {} }', ["A skipped > b skipped"]),
    ],
)
def test_a_disabled_swift_test_is_skipped(source: str, expected: list[str]) -> None:
    assert swift_testing(source) == expected


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("@testable import A\nimport XCTest", "xctest"),
        ("import class XCTest.XCTestCase", "xctest"),
        ("class A: BaseTestCase {}", "xctest"),
        ("func a() { XCTAssertEqual(1, 2) }", "xctest"),
        ("import XCTest\nimport Testing", "swift-testing"),
        ("func a() { #expect(1 == 2) }", "swift-testing"),
        ("@Suite struct A {}", "swift-testing"),
        ("import XCTestDynamicOverlay", None),
        ("import Foundation\n// import XCTest", None),
    ],
)
def test_a_swift_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("Tests/A.swift", source) == framework


def test_an_extension_adds_to_the_suite_of_its_type() -> None:
    source = "import Testing\nstruct A { @Test func b() {} }\nextension A { @Test func c() {} }"

    assert [len(suite.tests) for suite in file_of("Tests/A.swift", source).suites] == [2]


def test_a_swift_test_stands_where_its_declaration_stands() -> None:
    source = "import Testing\nstruct A {\n  @Test\n  func b() {}\n}\n"

    assert locations_of("Tests/A.swift", source) == {"A": Location(2, 5, 0, 1), "b": Location(3, 4, 2, 13)}


def test_a_swift_file_is_named_by_its_language() -> None:
    assert file_of("Tests/A.swift", "import XCTest").language == "swift"
