"""What counts as a test in a C# file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, lines_of, locations_of

MSTEST = "using Microsoft.VisualStudio.TestTools.UnitTesting;\n"
NUNIT = "using NUnit.Framework;\n"
XUNIT = "using Xunit;\n"


def lines(source: str) -> list[str]:
    return lines_of("ATests.cs", source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A { [Fact] public void F() {} }", ["A > F"]),
        ("class A { [Xunit.FactAttribute] public void F() {} }", ["A > F"]),
        ("namespace N; class A { [Fact] public void F() {} }", ["A > F"]),
        ("namespace N { namespace M { class A { [Fact] public void F() {} } } }", ["A > F"]),
        ("class A { [WpfFact] public void F() {} [ConditionalTheory] public void G() {} }", ["A > F", "A > G"]),
        ("class A { [Theory, MemberData(nameof(X))] public void F(int x) {} }", ["A > F"]),
        (
            "class A { [Theory] [InlineData(1)] [InlineData(2, 3), InlineData] public void F() {} }",
            ["A > F(1)", "A > F(2, 3)", "A > F"],
        ),
        ("class A { [InlineData(1)] public void F() {} public void G() {} }", []),
        ("class A { class B { [Fact] public void F() {} } }", ["A > B > F"]),
        ("record A { [Fact] public void F() {} }", ["A > F"]),
        ("partial class A { [Fact] public void F() {} } partial class A { [Fact] void G() {} }", ["A > F", "A > G"]),
        ('class A { [Fact(Skip = "x")] public void F() {} }', ["A > F skipped"]),
        ('class A { [Fact(Skip = "x", SkipUnless = "Y")] public void F() {} }', ["A > F"]),
        (
            'class A { [Theory] [InlineData(1)] [InlineData(2, Skip = "x")] public void F() {} }',
            ["A > F(1)", 'A > F(2, Skip = "x") skipped'],
        ),
        ('class A { [Fact(DisplayName = "does " + "it")] public void F() {} }', ["A > does it"]),
        (r'class A { [Fact(DisplayName = "a\t\u00e4\"")] public void F() {} }', ['A > a\tä"']),
        ('class A { [Fact(DisplayName = @"a ""b""")] public void F() {} }', ['A > a "b"']),
        ('class A { [Fact(DisplayName = """a "b" c""")] public void F() {} }', ['A > a "b" c']),
        ('class A { [Fact(/* c */ DisplayName = "a" + // d\n "b")] public void F() {} }', ["A > ab"]),
        ("class A { [Fact(DisplayName = nameof(F))] public void F() {} }", ["A > F"]),
        ("public class Fixture;\nclass A { [Fact] public void F() {} }", ["A > F"]),
    ],
)
def test_xunit_runs_facts_and_each_row_of_theories(source: str, expected: list[str]) -> None:
    assert lines(XUNIT + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A { [Test] public void F() {} }", ["A > F"]),
        ("class A { [Theory] public void F() {} [TestCaseSource(nameof(X))] public void G() {} }", ["A > F", "A > G"]),
        ("class A { [TestCaseSource<X>] public void F() {} }", ["A > F"]),
        ("class A { [TestCase(1)] [TestCase<int>(2)] public void F(int x) {} }", ["A > F(1)", "A > F(2)"]),
        ("class A { [Test] [TestCase(1)] public void F(int x) {} }", ["A > F(1)"]),
        ('class A { [TestCase(1, TestName = "one")] public void F(int x) {} }', ["A > one"]),
        ('class A { [TestCase("a",\n   "b")] public void F() {} }', ['A > F("a", "b")']),
        ("class A { [SetUp] public void F() {} [Values] public void G() {} }", []),
        ('class A { [Ignore("x")] [Test] public void F() {} }', ["A > F skipped"]),
        ("class A { [Test, Explicit] public void F() {} }", ["A > F skipped"]),
        ('[TestFixture, Ignore("x")] class A { [Test] public void F() {} }', ["A skipped > F skipped"]),
        (
            'class A { [TestCase(1, TestName = "a", Ignore = "x")] [TestCase(2, TestName = "b")] void F(int x) {} }',
            ["A > a skipped", "A > b"],
        ),
        (
            "class A { [TestCase(1, Explicit = true)] [TestCase(2, Explicit = false)] void F(int x) {} }",
            ["A > F(1, Explicit = true) skipped", "A > F(2, Explicit = false)"],
        ),
        ("class A { class B { [Test] public void F() {} } }", ["A > B > F"]),
    ],
)
def test_nunit_runs_tests_and_each_case(source: str, expected: list[str]) -> None:
    assert lines(NUNIT + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[TestClass] class A { [TestMethod] public void F() {} }", ["A > F"]),
        ("class A { [DataTestMethod] [DataRow(1)] [DataRow(2)] public void F(int x) {} }", ["A > F"]),
        ("class A { [UITestMethod] public void F() {} }", ["A > F"]),
        ('class A { [TestMethod("does it")] public void F() {} }', ["A > does it"]),
        ('class A { [TestMethod(DisplayName = "does it")] public void F() {} }', ["A > does it"]),
        ("class A { [TestInitialize] public void F() {} }", []),
        ("class A { [TestMethod, Ignore] public void F() {} }", ["A > F skipped"]),
        ("[Ignore] class A { [TestMethod] public void F() {} }", ["A skipped > F skipped"]),
    ],
)
def test_mstest_runs_test_methods_whatever_rows_they_have(source: str, expected: list[str]) -> None:
    assert lines(MSTEST + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A {\n#if X\n[Fact] void F() {}\n#else\n[Fact] void G() {}\n#endif\n}", ["A > F", "A > G"]),
        (
            "class A {\n#if X\n#if Y\n[Fact] void F() {}\n#elif Z\n[Fact] void G() {}\n#endif\n#endif\n}",
            ["A > F", "A > G"],
        ),
        ("#if X\nclass A { [Fact] void F() {} }\n#endif", ["A > F"]),
        (
            "class A {\n[Theory]\n#if X\n[InlineData(1)]\n#endif\n[InlineData(2)]\nvoid F() {}\n}",
            ["A > F(1)", "A > F(2)"],
        ),
    ],
)
def test_what_a_condition_of_csharp_leaves_out_counts_too(source: str, expected: list[str]) -> None:
    assert lines(XUNIT + source) == expected


def test_a_csharp_file_has_the_name_of_its_language() -> None:
    file = file_of("GlobalUsings.cs", "\N{ZERO WIDTH NO-BREAK SPACE}global using Xunit;")

    assert (file.framework, file.language, file.suites, file.tests) == ("xunit", "csharp", (), ())


def test_a_row_stands_where_its_attribute_does() -> None:
    source = XUNIT + "class A {\n  [Theory]\n  [InlineData(1)]\n  void F() {}\n}\n"

    assert locations_of("ATests.cs", source) == {"A": Location(2, 6, 0, 1), "F(1)": Location(4, 4, 3, 16)}
