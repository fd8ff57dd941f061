"""Sources that mean harm are read in bounded time and depth; what no bound can help is the pool's business."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.analysis.detect.scope import Scope, Scopes
from fleet.analysis.inventory import TestFile, count_tests
from fleet.analysis.parse.names import MAX_NAME_CHARACTERS, clean, decode
from fleet.analysis.parse.source import read_source

CLAIMED = Scopes(
    tuple(
        Scope(name, config, "", ("",))
        for name, config in (
            ("cargo-test", "x"),
            ("gtest", "x"),
            ("jest", "jest.config.js"),
            ("junit4", "x"),
            ("kotest", "kotest.config"),
            ("phpunit", "x"),
            ("pytest", "pytest.ini"),
            ("rspec", "x"),
            ("xctest", "x"),
            ("xunit", "x"),
        )
    )
)
PATHS = [
    "ATest.java",
    "ATest.kt",
    "ATest.php",
    "ATests.cs",
    "ATests.swift",
    "a.test.js",
    "a.test.ts",
    "a.test.tsx",
    "a_spec.rb",
    "a_test.cc",
    "a_test.go",
    "a_test.rs",
    "test_a.py",
]
SCRIPTS = ["a.test.js", "a.test.ts", "a.test.tsx", "test_a.py", "a_test.go"]
OPENINGS = ["(", "[", "{", "a(", "a.b(", "it('a', () => {", "if x:\n ", "func(){", "`${", "\0"]
TYPED = ["(", "[", "{", "class A {", "@A(", "[A(", "#if A\n", '"a" - {', '"a" + ']
OTHERS = {
    **dict.fromkeys(("ATest.java", "ATest.kt", "ATests.cs"), TYPED),
    "ATest.php": ["<?php (", "<?php if (a) {", "<?php it('a', function () {", "<?php namespace a {"],
    "ATests.swift": ["(", "class ATests: B {", "@Suite struct A {", "@Test("],
    "a_spec.rb": ["(", "describe(A) { ", "it { ", "class A < B\n", "if a\n"],
    "a_test.cc": ["(", "TEST(", "TEST(a,", 'TEST_CASE("a") {', "namespace a {"],
    "a_test.rs": ["(", "mod a {", "test!{", "#[test", "#["],
}
NESTED = [*product(SCRIPTS, OPENINGS), *((path, opening) for path, openings in OTHERS.items() for opening in openings)]


@pytest.mark.parametrize(("path", "opening"), NESTED)
def test_deep_nesting_is_read_to_a_bounded_depth(path: str, opening: str) -> None:
    # The grammar of Kotlin itself takes time quadratic in some of these.
    depth = 2_000 if path.endswith(".kt") else 20_000

    assert isinstance(read_source(path, opening.encode() * depth, CLAIMED), TestFile)


@pytest.mark.parametrize(("depth", "tests"), [(100, 1), (1000, 0)])
def test_tests_deeper_than_anybody_writes_them_are_not_looked_for(depth: int, tests: int) -> None:
    parsed = read_source("a.test.js", b"if (x) {" * depth + b"it('a', f)" + b"}" * depth, CLAIMED)

    assert isinstance(parsed, TestFile)
    assert count_tests(parsed) == tests


@given(content=st.binary(max_size=400), path=st.sampled_from(PATHS))
def test_any_bytes_at_all_can_be_read(content: bytes, path: str) -> None:
    assert isinstance(read_source(path, content, CLAIMED), TestFile)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.test.js", b"it('a', () => {\0}); /*\0*/ it('b', f)"),
        ("test_a.py", b"def test_a():\0 pass\n#\0\ndef test_b(): pass"),
        ("a_test.rs", b"#[test] fn a() {\0}\n//\0\n#[test] fn b() {}"),
        ("a_test.cc", b"TEST(A, b) {\0}\n//\0\nTEST(A, c) {}"),
        ("a_spec.rb", b"it('a') {\0 }\n#\0\nit('b') { }"),
        ("ATest.php", b"<?php class ATest extends T { function testA() {\0} /*\0*/ function testB() {} }"),
        ("ATests.swift", b"@Test func a() {\0}\n//\0\n@Test func b() {}"),
        ("a_test.go", b"package a\n//\0\nfunc TestA(t *testing.T) {\0}\nfunc TestB(t *testing.T) {}"),
        ("ATest.java", b"class A { @Test void a() {\0} /*\0*/ @Test void b() {} }"),
        ("ATest.kt", b'class A : FunSpec({\ntest("a") {\0}\n//\0\ntest("b") { }\n})'),
        ("ATests.cs", b"class A { [Fact] void F() {\0} /*\0*/ [Fact] void G() {} }"),
    ],
)
def test_a_nul_byte_hides_no_test(path: str, source: bytes) -> None:
    parsed = read_source(path, source, CLAIMED)

    assert isinstance(parsed, TestFile)
    assert count_tests(parsed) == 2


def test_a_nul_byte_moves_no_place() -> None:
    parsed = read_source("a.test.js", b"\0\0it('a', f)", CLAIMED)

    assert isinstance(parsed, TestFile)
    assert parsed.tests[0].location.column == 2


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"it('\xff', f)", "\N{REPLACEMENT CHARACTER}"),
        (b"it('a\0b', f)", "a b"),
        (rb"it('a\0b', f)", "ab"),
        (rb"it('\ud800', f)", "\\ud800"),
        (rb"it('\u{110000}', f)", "\\u{110000}"),
        ("it('\N{SNOWMAN}', f)".encode(), "\N{SNOWMAN}"),
    ],
)
def test_a_name_is_text_that_can_be_stored(source: bytes, name: str) -> None:
    parsed = read_source("a.test.js", source, CLAIMED)

    assert isinstance(parsed, TestFile)
    assert [test.name for test in parsed.tests] == [name]


def test_a_name_has_a_bounded_length() -> None:
    parsed = read_source("a.test.js", b"it('" + "\N{SNOWMAN}".encode() * 5000 + b"', f)", CLAIMED)

    assert isinstance(parsed, TestFile)
    assert len(parsed.tests[0].name) <= MAX_NAME_CHARACTERS


@given(st.text())
def test_clean_text_has_no_nul_and_can_be_encoded(text: str) -> None:
    assert b"\0" not in clean(text).encode()


@given(st.binary())
def test_decoded_bytes_have_no_nul_and_can_be_encoded(content: bytes) -> None:
    assert b"\0" not in decode(content).encode()


def test_lone_surrogates_are_replaced() -> None:
    assert clean("a\ud800b") == "a?b"
