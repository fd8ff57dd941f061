"""What counts as a test in a C++ file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, framework_of, lines_of, locations_of

GTEST = '#include "gtest/gtest.h"\n'
CATCH2 = "#include <catch2/catch_test_macros.hpp>\n"
DOCTEST = '#include "doctest.h"\n'


def lines(source: str) -> list[str]:
    return lines_of("test/a.cc", source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("TEST(A, b) {}", ["A > b"]),
        (
            "TEST_F(A, b) {}\nTEST_P(A, c) {}\nTYPED_TEST(A, d) {}\nTYPED_TEST_P(A, e) {}",
            ["A > b", "A > c", "A > d", "A > e"],
        ),
        ("TEST(A, b) {} TEST(B, b) {} TEST(A, c) {}", ["A > b", "A > c", "B > b"]),
        ("GTEST_TEST(A, b) {}", ["A > b"]),
        ("FUZZ_TEST(A, b).WithDomains(c);", ["A > b"]),
        ("TEST(A /* of b */, // first\n  b) {}", ["A > b"]),
        ("TEST_F(A<int>, b) noexcept {}", ["A<int> > b"]),
        ("namespace n { namespace { TEST(A, b) {} } }", ["A > b"]),
        ("#if X\nTEST(A, b)\n#else\nTEST(A, c)\n#endif\n{ d(); }", ["A > b", "A > c"]),
        ("UNKNOWN_MACRO\nTEST(A, b) {}", ["A > b"]),
        ("UNKNOWN(x, { TEST(A, b) {} TEST(A, c) {}", ["A > b", "A > c"]),
        ("TEST_F(A<(1, 2)>, b) {}", ["A<(1, 2)> > b"]),
        ("class C { MACRO(x) TEST(A, b) {} };", ["A > b"]),
        ("#define MORE(x) TEST(A, x) {}", []),
        ("class A { FRIEND_TEST(A, b); };", []),
        ("INSTANTIATE_TEST_SUITE_P(A, B, testing::Values(1));\nTYPED_TEST_SUITE(A, B);", []),
        ('// TEST(A, b) {}\nconst char* x = "TEST(A, b) {}";', []),
        ("int x = TEST(1);\nint TEST;", []),
    ],
)
def test_googletest_declares_tests_with_macros(source: str, expected: list[str]) -> None:
    assert lines(GTEST + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("TEST(A, DISABLED_b) {}", "A > DISABLED_b skipped"),
        ("TEST(DISABLED_A, b) {}", "DISABLED_A skipped > b skipped"),
        ('TEST(A, b) { c(); GTEST_SKIP() << "why"; }', "A > b skipped"),
        ("TEST(A, b) { if (c) { GTEST_SKIP(); } }", "A > b"),
    ],
)
def test_a_googletest_that_never_runs_is_skipped(source: str, expected: str) -> None:
    assert lines(GTEST + source) == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('TEST_CASE("a b", "[tag]") { SECTION("c") {} }', ["a b"]),
        ('TEST_CASE("a") {}\nTEST_CASE("b") {}', ["a", "b"]),
        ('TEST_CASE( "a, \\"b\\" " "c" ) {}', ['a, "b" c']),
        ('TEST_CASE(R"(a "b")") {}', ['a "b"']),
        ("TEST_CASE() {}", ["(dynamic)"]),
        ('SCENARIO("a") { GIVEN("b") { WHEN("c") { THEN("d") {} } } }', ["Scenario: a"]),
        ('TEST_CASE_METHOD(Fixture, "a", "[tag]") {}', ["a"]),
        ('TEMPLATE_TEST_CASE("a", "[tag]", int, (std::pair<int, int>), float, double) {}', ["a"]),
        ('TEMPLATE_PRODUCT_TEST_CASE_METHOD_SIG(F, "a", "", ((int N), N), x, y) {}', ["a"]),
        ('METHOD_AS_TEST_CASE(Fixture::run, "a", "[tag]")', ["a"]),
        ('CATCH_TEST_CASE("a") {}', ["a"]),
        ('TEST_CASE("a", "[.]") {}', ["a skipped"]),
        ('TEST_CASE("a", "[x][.slow]") {}', ["a skipped"]),
        ('TEST_CASE("a", "[!benchmark]") {}', ["a skipped"]),
        ('TEST_CASE("a", "[!shouldfail]") {}', ["a xfail"]),
        ('TEST_CASE("a", "[!mayfail]") {}', ["a"]),
        ('TEST_CASE("[.] a") {}', ["[.] a"]),
        ('TEST_CASE("a") { SKIP("later"); }', ["a skipped"]),
    ],
)
def test_catch2_declares_tests_with_macros(source: str, expected: list[str]) -> None:
    assert lines(CATCH2 + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('TEST_CASE("a") { SUBCASE("b") {} }', ["a"]),
        ('TEST_CASE_FIXTURE(F, "a") {}', ["a"]),
        ('TEST_CASE_TEMPLATE("a", T, int, float) {}', ["a"]),
        (f'TEST_CASE_TEMPLATE("a", T, {"int, " * 2000} int) {{}}', ["a"]),
        ('TEST_CASE_TEMPLATE_DEFINE("a", T, b) {}\nTEST_CASE_TEMPLATE_INVOKE(b, int);', ["a"]),
        ('SCENARIO("a") {}', ["Scenario: a"]),
        ('DOCTEST_TEST_CASE("a") {}', ["a"]),
        ('TEST_SUITE("s") { TEST_CASE("a") {} }\nTEST_CASE("b") {}', ["b", "s > a"]),
        ('TEST_SUITE("s") { TEST_SUITE("t") { TEST_CASE("a") {} } TEST_CASE("b") {} }', ["s > b", "s > t > a"]),
        ('TEST_SUITE_BEGIN("s");\nTEST_CASE("a") {}\nTEST_SUITE_END();\nTEST_CASE("b") {}', ["b", "s > a"]),
        ('TEST_CASE("a" * doctest::skip()) {}', ["a skipped"]),
        ('TEST_CASE("a" * doctest::skip(IS_SLOW)) {}', ["a"]),
        ('TEST_CASE("a" * doctest::description("x") * doctest::should_fail()) {}', ["a xfail"]),
        ('TEST_CASE("a" * doctest::expected_failures(2)) {}', ["a xfail"]),
        ('TEST_SUITE("s" * doctest::skip()) { TEST_CASE("a") {} }', ["s skipped > a skipped"]),
    ],
)
def test_doctest_declares_tests_with_macros(source: str, expected: list[str]) -> None:
    assert lines(DOCTEST + source) == expected


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("#include <gtest/gtest.h>", "gtest"),
        ('#include "third_party/gtest/gtest.h"', "gtest"),
        ('#include "gmock/gmock-matchers.h"', "gtest"),
        ("#ifdef X\n#include <gtest/gtest.h>\n#endif", "gtest"),
        ("namespace n {\n#include <gtest/gtest.h>\n}", "gtest"),
        ("TEST(A, b) {}", "gtest"),
        ("class A : public ::testing::TestWithParam<int> {};", "gtest"),
        ("#include <catch2/catch.hpp>", "catch2"),
        ('#include "catch.hpp"', "catch2"),
        ('TEST_CASE("a") {}', "catch2"),
        ("#include <doctest/doctest.h>", "doctest"),
        ('#include "doctest_compatibility.h"', "doctest"),
        ('TEST_CASE("a") { SUBCASE("b") {} }', "doctest"),
        ('#include "gmock/internal/gmock-pp.h"', None),
        ("// #include <gtest/gtest.h>", None),
        ("int main() {}", None),
    ],
)
def test_a_cpp_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("test/a.cc", source) == framework


def test_a_cpp_test_stands_from_its_macro_to_the_end_of_its_block() -> None:
    source = GTEST + "static int x;\n  TEST(A, b) {\n    c();\n  }\n"

    assert locations_of("test/a.cc", source) == {"A": Location(3, 5, 2, 3), "b": Location(3, 5, 2, 3)}
    assert locations_of("test/a.cc", CATCH2 + 'TEST_CASE("a")\n{\n}\n') == {"a": Location(2, 4, 0, 1)}


def test_a_cpp_file_is_named_by_its_language() -> None:
    assert file_of("test/a.cxx", GTEST).language == "cpp"
