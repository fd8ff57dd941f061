"""What counts as a test in a Java file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, lines_of, locations_of

JUNIT4 = "import org.junit.Test;\n"
JUNIT5 = "import org.junit.jupiter.api.Test;\n"
TESTNG = "import org.testng.annotations.Test;\n"


def lines(source: str) -> list[str]:
    return lines_of("ATest.java", source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A { @Test public void a() {} }", ["A > a"]),
        ("class A { @org.junit.Test public void a() {} }", ["A > a"]),
        ("class A { @Test(expected = E.class) public void a() {} }", ["A > a"]),
        ("class A { @Theory public void a(int x) {} }", ["A > a"]),
        ("class A { public void testA() {} @Before public void b() {} }", []),
        ("abstract class A { @Test public void a() {} }", ["A > a"]),
        ("class A { @Test public void a() {} } class B { @Test public void b() {} }", ["A > a", "B > b"]),
        (
            "class A { @Test public void a() {} public static class B { @Test public void b() {} } }",
            ["A > a", "A.B > b"],
        ),
        ("class A { static class B { static class C { @Test public void c() {} } } }", ["A.B.C > c"]),
        ("class A { @Ignore @Test public void a() {} }", ["A > a skipped"]),
        ('class A { @Test @Ignore("later") public void a() {} }', ["A > a skipped"]),
        ("@Ignore class A { @Test public void a() {} }", ["A skipped > a skipped"]),
        ("class A { Object o = new Object() { @Test public void a() {} }; }", []),
        ("class A { void f() { class B { @Test public void a() {} } } }", []),
        ("class A { @Test public void a() {} class {", ["a"]),
    ],
)
def test_junit_4_runs_methods_with_its_annotation(source: str, expected: list[str]) -> None:
    assert lines(JUNIT4 + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A { @Test void a() {} }", ["A > a"]),
        ("class A { @ParameterizedTest @ValueSource(ints = {1, 2}) void a(int x) {} }", ["A > a"]),
        ("class A { @RepeatedTest(3) void a() {} }", ["A > a"]),
        ("class A { @TestFactory Stream<DynamicTest> a() {} }", ["A > a"]),
        ("class A { @TestTemplate void a() {} }", ["A > a"]),
        ("class A { @CartesianTest void a() {} @com.acme.FastTest void b() {} }", ["A > a", "A > b"]),
        ("class A { @BeforeEach void a() {} @AfterTest void b() {} @MethodSource void c() {} }", []),
        ("@SpringBootTest class A { void a() {} }", []),
        ("interface A { @Test default void a() {} }", ["A > a"]),
        ("record A(int x) { @Test void a() {} }", ["A > a"]),
        ("enum A { X; @Test void a() {} }", ["A > a"]),
        ("class A { @Nested class B { @Test void b() {} } @Test void a() {} }", ["A > a", "A > B > b"]),
        ("class A { @Nested class B { @Nested class C { @Test void c() {} } } }", ["A > B > C > c"]),
        ("class A { @Test void a() {} static class Fixture { @Test void b() {} } }", ["A > a"]),
        ("@Test void a() {}\nvoid main() {}", ["a"]),
        ("class A;", []),
    ],
)
def test_junit_5_runs_methods_with_one_of_its_annotations(source: str, expected: list[str]) -> None:
    assert lines(JUNIT5 + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A { @Disabled @Test void a() {} @Test void b() {} }", ["A > a skipped", "A > b"]),
        ("@Disabled class A { @Test void a() {} }", ["A skipped > a skipped"]),
        ("class A { @Disabled @Nested class B { @Test void b() {} } }", ["A > B skipped > b skipped"]),
        ("class A { @DisabledOnOs(WINDOWS) @Test void a() {} }", ["A > a"]),
        ('@DisplayName("An a") class A { @DisplayName("does it") @Test void a() {} }', ["An a > does it"]),
        (r'class A { @DisplayName("a\t" + "\"b\" \u00e4\60") @Test void a() {} }', ['A > a\t"b" ä0']),
        ('class A { @DisplayName("""\n  one\n    two\\\n  """) @Test void a() {} }', ["A > one\n  two"]),
        ('class A { @DisplayName(PREFIX + "b") @Test void a() {} }', ["A > a"]),
        ('class A { @DisplayName(/* c */ "a" + // d\n "b") @Test void a() {} }', ["A > ab"]),
        ('class A { @DisplayName(value = "b") @Test void a() {} }', ["A > b"]),
    ],
)
def test_annotations_of_junit_5_turn_tests_off_and_name_them(source: str, expected: list[str]) -> None:
    assert lines(JUNIT5 + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A { @Test public void a() {} void b() {} }", ["A > a"]),
        ("@Test class A { public void a() {} void hidden() {} }", ["A > a"]),
        ("@Test class A { public int a() {} public A() {} }", []),
        ("@Test class A { public static void main(String[] a) {} }", []),
        ("@Test class A { @BeforeMethod public void a() {} @DataProvider public void b() {} }", []),
        ("@Test class A { @Test void a() {} }", ["A > a"]),
        ("class A { @Test public int a() {} }", ["A > a"]),
        ("class A { @Test(enabled = false) public void a() {} }", ["A > a skipped"]),
        ("@Test(enabled = false) class A { public void a() {} }", ["A skipped > a skipped"]),
        ("class A { @Ignore @Test public void a() {} }", ["A > a skipped"]),
        ('class A { @Test(description = "does it") public void a() {} }', ["A > does it"]),
        ('class A { @Test(description = "") public void a() {} }', ["A > a"]),
        ('class A { @Test(dataProvider = "rows", enabled = true) public void a() {} }', ["A > a"]),
        (
            "class A { @Test public void a() {} public static class B { @Test public void b() {} } }",
            ["A > a", "A > B > b"],
        ),
        ("@Test class A { public static class B { public void b() {} } }", []),
    ],
)
def test_testng_runs_methods_and_whole_classes_with_its_annotation(source: str, expected: list[str]) -> None:
    assert lines(TESTNG + source) == expected


def test_a_java_file_has_the_name_of_its_language() -> None:
    file = file_of("ATest.java", JUNIT5 + "class A {}")

    assert (file.framework, file.language, file.suites, file.tests) == ("junit5", "java", (), ())


def test_a_test_of_java_stands_where_its_annotations_begin() -> None:
    source = JUNIT5 + "class Ä {\n  @Test\n  void a() {\n  }\n}\n"

    assert locations_of("ATest.java", source) == {"Ä": Location(2, 6, 0, 1), "a": Location(3, 5, 2, 3)}
