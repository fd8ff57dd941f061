"""What counts as a test in a Rust file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, framework_of, lines_of, locations_of

MARKED = "#[cfg(test)] use x;\n"


def lines(source: str) -> list[str]:
    return lines_of("src/lib.rs", MARKED + source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("#[test] fn a() {}", ["a"]),
        ("#[test]\n/// words\n// words\n#[inline]\npub async fn a() {}", ["a"]),
        ('#[tokio::test(flavor = "multi_thread")] async fn a() {}', ["a"]),
        ("#[::core::prelude::v1::test] fn a() {}", ["a"]),
        ("#[rstest]\n#[case(1)]\n#[case(2)]\nfn a(#[case] n: u8) {}", ["a"]),
        ("#[test_case(1)]\n#[test_case(2)]\nfn a(n: u8) {}", ["a"]),
        ("#[wasm_bindgen_test] fn a() {}", ["a"]),
        ("#[quickcheck] fn a(n: u8) -> bool { true }", ["a"]),
        ("#[bench] fn a(b: &mut Bencher) {}", []),
        ("#[cfg(test)] fn a() {}", []),
        ("#[test_only] fn a() {}", []),
        ("fn test_a() {}", []),
        ("#[test] fn a() {}\nfn b() {}", ["a"]),
        ("#[test] fn a() { #[test] fn b() {} }", ["a"]),
        ("#[test] const A: u8 = 1; fn b() {}", []),
        ("/* #[test] fn a() {} */", []),
        ("impl A { #[test] fn a() {} }", []),
    ],
)
def test_the_harness_runs_functions_with_an_attribute(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("mod tests { #[test] fn a() {} }", ["tests > a"]),
        ("mod outer { mod inner { #[test] fn a() {} } }", ["outer > inner > a"]),
        ("mod tests { fn helper() {} }", []),
        ("mod tests;", []),
    ],
)
def test_modules_that_hold_tests_are_suites(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("#[test] #[ignore]", "a skipped"),
        ('#[ignore = "slow"] #[test]', "a skipped"),
        ("#[test] #[cfg_attr(windows, ignore)]", "a"),
        ('#[test] #[should_panic(expected = "x")]', "a"),
    ],
)
def test_an_ignored_test_is_skipped(attributes: str, expected: str) -> None:
    assert lines(f"{attributes} fn a() {{}}") == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("rgtest!(a, |dir: Dir| { b(); });", ["a"]),
        ('my::test_case!("a b", 1);', ["a b"]),
        ("#[ignore] rgtest!(a, f);", ["a skipped"]),
        ("test!(#[cfg(unix)] IPv4 a, 1);", ["IPv4 a"]),
        ("test!(1 + 1);", ["(dynamic)"]),
        ("test!();", []),
        ("cfg_test_util! { fn helper() {} }", []),
        ("check!(a, 1);", []),
        ("macro_rules! check { ($n:ident) => { #[test] fn $n() {} } }\ncheck!(a);", ["a"]),
        ("macro_rules! check { ($n:ident) => { #[tokio::test] async fn $n() {} } }\ncheck!(async fn a() {});", ["a"]),
        ("macro_rules! check { ($n:ident) => { fn $n() {} } }\ncheck!(a);", []),
        ("mod m { macro_rules! check { ($n:ident) => { #[test] fn $n() {} } }\ncheck! { a, 1 } }", ["m > a"]),
        ("fn f() { rgtest!(a, g); }", []),
    ],
)
def test_a_macro_may_declare_a_test(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("proptest! { #[test] fn a(x in 0..9) {} #[test] #[ignore] fn b(x in 0..9) {} }", ["a", "b skipped"]),
        ("cfg_rt! { #[tokio::test] async fn a() {} fn b() {} }", ["a"]),
        ("cfg_rt! { mod tests { #[test] fn a() {} } }", ["tests > a"]),
        ("cfg_rt! { cfg_net! { #[test] fn a() {} } }", ["a"]),
    ],
)
def test_a_macro_may_be_wrapped_around_tests(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("#[test] fn a() {}", "cargo-test"),
        ("mod m { #[cfg(all(test, unix))] mod tests; }", "cargo-test"),
        ("fn f() { #[cfg(test)] g(); }", "cargo-test"),
        ("macro_rules! check { ($n:ident) => { #[test] fn $n() {} } }", "cargo-test"),
        ("rgtest!(a, f);", "cargo-test"),
        ("#[tokio::main] fn main() {}", None),
        ("// #[test]\nfn latest() {}", None),
        ('const A: &str = "#[test]";', None),
        ('#[cfg(feature = "test")] fn a() {}', None),
    ],
)
def test_a_rust_file_shows_that_it_is_about_tests(source: str, framework: str | None) -> None:
    assert framework_of("src/lib.rs", source) == framework


def test_a_rust_test_stands_where_its_function_stands() -> None:
    source = "mod tests {\n    #[test]\n    fn a() {}\n}\n"

    assert locations_of("src/lib.rs", source) == {"tests": Location(1, 4, 0, 1), "a": Location(3, 3, 4, 13)}


def test_a_rust_file_is_named_by_its_language() -> None:
    assert file_of("src/lib.rs", MARKED).language == "rust"
