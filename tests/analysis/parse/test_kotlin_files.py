"""What counts as a test in a Kotlin file whose tests are methods; tables of sources."""

import textwrap

import pytest

from fleet.analysis.inventory import Location
from fleet.analysis.parse.kotlin.readable import readable
from tests.analysis.parse.reading import file_of, lines_of, locations_of

JUNIT4 = "import org.junit.Test\n"
JUNIT5 = "import org.junit.jupiter.api.Test\n"
TESTNG = "import org.testng.annotations.Test\n"


def lines(source: str) -> list[str]:
    return lines_of("ATest.kt", textwrap.dedent(source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A {\n @Test\n fun a() {}\n}", ["A > a"]),
        ("class A {\n @Test\n fun `does it`() = run {}\n}", ["A > does it"]),
        ("class A {\n @ParameterizedTest\n @ValueSource(ints = [1])\n suspend fun a(x: Int) {}\n}", ["A > a"]),
        ('class A {\n @[Test Tag("x")]\n fun a() {}\n}', ["A > a"]),
        ("class A {\n fun a() {}\n @BeforeEach\n fun b() {}\n}", []),
        ("class A {\n @Nested\n inner class B {\n  @Test\n  fun b() {}\n }\n}", ["A > B > b"]),
        ("class A {\n class Fixture {\n  @Test\n  fun b() {}\n }\n}", []),
        ("object A {\n @Test\n fun a() {}\n}", ["A > a"]),
        ("interface A {\n @Test\n fun a() {\n }\n}", ["A > a"]),
        ("@Test\nfun a() {}", ["a"]),
        ("@Disabled\nclass A {\n @Test\n fun a() {}\n}", ["A skipped > a skipped"]),
        ('class A {\n @Test\n @Disabled("x")\n fun a() {}\n}', ["A > a skipped"]),
        ('class A {\n @Test\n @DisplayName("does " + "it")\n fun a() {}\n}', ["A > does it"]),
        ('class A {\n @Test\n @DisplayName("\\"a\\u00e4\\"")\n fun a() {}\n}', ['A > "aä"']),
        ('class A {\n @Test\n @DisplayName("""does it""")\n fun a() {}\n}', ["A > does it"]),
        ('class A {\n @Test\n @DisplayName(/* c */ "a" + // d\n "b")\n fun a() {}\n}', ["A > ab"]),
        ("class A {\n @Test\n @DisplayName(NAME)\n fun a() {}\n}", ["A > a"]),
        ('class A {\n fun f() {\n  val x = 1\n  get("/") { }\n }\n @Test\n fun a() {}\n}', ["A > a"]),
        (
            (
                "class A {\n @Test\n fun a() {\n  val in1 = b!!\n  c(in1.x(2)).e()\n  in1.x()\n  d(e(3))\n"
                "  val in2 = f()\n  in2.x()\n }\n}"
            ),
            ["A > a"],
        ),
        ("class A {\n val x: Int\n  get() = 1\n @Test\n fun a() {}\n}", ["A > a"]),
        ("class A {\n fun f() {\n  val x = 1\n  get { }\n }\n @Test\n fun a() {}\n}", ["A > a"]),
        ("class A {\n fun f() {\n  val x = suspend { g() }\n }\n @Test\n fun a() {}\n}", ["A > a"]),
        ('class A {\n val x = """say "yes""""\n @Test\n fun a() {}\n}', ["A > a"]),
        ('class A {\n val x = $$"""${PATH:x} $y"""\n @Test\n fun a() {}\n}', ["A > a"]),
        ('class A {\n val x = $$"${"; val y = $$"$z"\n @Test\n fun a() {}\n}', ["A > a"]),
        ('class A {\n // it\'s """"\n val x = \'"\'\n @Test\n fun `"a"`() {}\n}', ['A > "a"']),
        ('@Disabled // why\n@Tag("b")\nopen class A {\n @Test\n fun a() {}\n}\nclass B', ["A skipped > a skipped"]),
        ("class A\nclass B {\n @Test\n fun b() {}\n}", ["B > b"]),
    ],
)
def test_junit_5_runs_functions_with_one_of_its_annotations(source: str, expected: list[str]) -> None:
    assert lines(JUNIT5 + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (JUNIT4 + "class A {\n @Test\n fun a() {}\n @Ignore\n @Test\n fun b() {}\n}", ["A > a", "A > b skipped"]),
        (JUNIT4 + "class A {\n class B {\n  @Test\n  fun b() {}\n }\n}", ["A.B > b"]),
        (TESTNG + "class A {\n @Test(enabled = false)\n fun a() {}\n}", ["A > a skipped"]),
        (TESTNG + "@Test\nclass A {\n fun a() {}\n private fun b() {}\n}", ["A > a"]),
        (
            "import kotlin.test.*\nclass A {\n @Test\n fun a() {}\n @Ignore\n @Test\n fun b() {}\n}",
            ["A > a", "A > b skipped"],
        ),
    ],
)
def test_the_other_frameworks_of_java_run_kotlin_too(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


def test_a_kotlin_file_has_the_name_of_its_language() -> None:
    file = file_of("ATest.kt", JUNIT5)

    assert (file.framework, file.language, file.suites, file.tests) == ("junit5", "kotlin", (), ())


def test_a_test_of_kotlin_stands_where_its_annotations_begin() -> None:
    source = JUNIT5 + "class A {\n  @Test\n  fun a() {\n  }\n}\n"

    assert locations_of("ATest.kt", source) == {"A": Location(2, 6, 0, 1), "a": Location(3, 5, 2, 3)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("val x = 1\n  get(1)", "val x = 1\n  GET(1)"),
        ("  get { }\n  get<A>()\n  get() = 1", "  GET { }\n  GET<A>()\n  get() = 1"),
        ("val x = suspend { a.suspend { } }", "val x = SUSPEND { a.suspend { } }"),
        ("val x: suspend () -> Unit", "val x: suspend () -> Unit"),
        ('"""a "b"""""', '"""a "b\'\'"""'),
        ('""""a"""; ""', '""""a"""; ""'),
        ('$$"""${a} $b"""', '  """%{a} %b"""'),
        ('$$"$a"; "$b"', '  "%a"; "$b"'),
        ("""// it's $$"$a"\n'"'; `$$"$b`""", """// it's $$"$a"\n'"'; `$$"$b`"""),
    ],
)
def test_what_the_grammar_of_kotlin_misreads_is_written_otherwise(source: str, expected: str) -> None:
    assert readable(source.encode()).decode() == expected
