"""What counts as a test in a specification of Kotest; tables of sources."""

import pytest

from tests.analysis.parse.reading import lines_of


def lines(source: str) -> list[str]:
    return lines_of("ASpec.kt", "import io.kotest.core.spec.style.*\n" + source)


@pytest.mark.parametrize(
    ("style", "body", "expected"),
    [
        ("FunSpec", 'test("a") { }\ncontext("b") {\n test("c") { }\n}', ["a", "b > c"]),
        ("StringSpec", '"a" { }\n"b".config(tags = setOf()) { }', ["a", "b"]),
        (
            "BehaviorSpec",
            'given("a") {\n `when`("b") {\n then("c") { }\n }\n and("d") {\n When("e") {\n Then("f") { }\n }\n }\n}',
            ["a > b > c", "a > d > e > f"],
        ),
        (
            "DescribeSpec",
            'describe("a") {\n context("b") {\n  it("c") { }\n }\n it("d") { }\n}',
            ["a > d", "a > b > c"],
        ),
        (
            "WordSpec",
            '"a" should {\n "b" { }\n}\n"c" `when` {\n "d" should {\n  "e".config() { }\n }\n}',
            ["a > b", "c > d > e"],
        ),
        ("FreeSpec", '"a" - {\n "b" { }\n "c" - {\n  "d".config() { }\n }\n}\n"e" { }', ["e", "a > b", "a > c > d"]),
        ("FeatureSpec", 'feature("a") {\n scenario("b") { }\n}', ["a > b"]),
        ("ExpectSpec", 'context("a") {\n expect("b") { }\n}', ["a > b"]),
        ("ShouldSpec", 'context("a") {\n should("b") { }\n}\nshould("c") { }', ["c", "a > b"]),
    ],
)
def test_each_style_of_kotest_has_words_of_its_own(style: str, body: str, expected: list[str]) -> None:
    wanted = [f"A > {line}" for line in expected]

    assert lines(f"class A : {style}({{\n{body}\n}})") == wanted
    assert lines(f"class A : {style}() {{\n init {{\n{body}\n}}\n}}") == wanted


def test_an_annotation_spec_has_its_tests_in_methods() -> None:
    source = "class A : AnnotationSpec() {\n @Test\n fun a() {}\n @Ignore\n @Test\n fun b() {}\n fun c() {}\n}"

    assert lines(source) == ["A > a", "A > b skipped"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('xtest("a") { }', ["a skipped"]),
        ('ftest("a") { }', ["a focused"]),
        ('test("!a") { }', ["a skipped"]),
        ('test("f:a") { }', ["a focused"]),
        ('test("a").config(enabled = false) { }', ["a skipped"]),
        ('test("a").config(invocations = 3) { }', ["a"]),
        ('xcontext("a") {\n test("b") { }\n}', ["a skipped > b skipped"]),
        ('context("a").config(enabled = false) {\n test("b") { }\n}', ["a skipped > b skipped"]),
        ('xcontext("a") {\n context("b") {\n test("c") { }\n }\n}', ["a skipped > b skipped > c skipped"]),
        ('fcontext("a") {\n test("b") { }\n}', ["a focused > b"]),
    ],
)
def test_words_names_and_settings_change_the_status(body: str, expected: list[str]) -> None:
    assert lines(f"class A : FunSpec({{\n{body}\n}})") == [f"A > {line}" for line in expected]


@pytest.mark.parametrize(
    ("style", "line", "expected"),
    [
        ("WordSpec", '"a" xshould {\n "b" { }\n}', "a skipped > b skipped"),
        ("FreeSpec", '"a".config(enabled = false) - {\n "b" { }\n}', "a skipped > b skipped"),
        ("BehaviorSpec", 'xgiven("a") {\n xThen("b") { }\n}', "a skipped > b skipped"),
        ("DescribeSpec", 'xit("a") { }', "a skipped"),
    ],
)
def test_every_style_can_turn_its_tests_off(style: str, line: str, expected: str) -> None:
    assert lines(f"class A : {style}({{\n{line}\n}})") == [f"A > {expected}"]


def test_a_specification_can_be_turned_off_as_a_whole() -> None:
    assert lines('@Ignored\nclass A : FunSpec({\n test("a") { }\n})') == ["A skipped > a skipped"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("test(name) { }", ["(dynamic)"]),
        ('test("a $b ${c}") { }', ["a $b ${c}"]),
        ('test("a" + 1) { }', ["(dynamic)"]),
        ('test(name = "a", test = { })', ["a"]),
        ('for (x in y) {\n test("a") { }\n}', ["a (dynamic cases)"]),
        ('listOf(1).forEach { x ->\n test("a") { }\n}', ["a (dynamic cases)"]),
        ('repeat(3) {\n test("a") { }\n}', ["a (dynamic cases)"]),
        ('y.forEach {\n context("a") {\n  test("b") { }\n }\n}', ["a (dynamic cases) > b"]),
        ("withData(1, 2) { x ->\n x shouldBe x\n}", ["(dynamic) (dynamic cases)"]),
        ('context("a") {\n withData(1) { }\n test("b") { }\n}', ["a > (dynamic) (dynamic cases)", "a > b"]),
        ('withData(1) {\n test("a") { }\n}', ["a (dynamic cases)"]),
        ('if (x) {\n test("a") { }\n}', ["a"]),
        ('matrix.setup {\n test("a") { }\n}', ["a"]),
        ('test("a") {\n test("inner") { }\n}', ["a"]),
        ('test("a")\nbeforeTest { }', []),
        ("test({ })", []),
        ('fun declare() {\n test("a") { }\n}', ["a"]),
    ],
)
def test_a_repeated_or_computed_test_of_kotest_counts_once(body: str, expected: list[str]) -> None:
    assert lines(f"class A : FunSpec({{\n{body}\n}})") == [f"A > {line}" for line in expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('object A : FunSpec({\n test("a") { }\n})', ["A > a"]),
        ('class A : style.FunSpec({\n test("a") { }\n}), Marker', ["A > a"]),
        ('class A : MyFunSpec({\n test("a") { }\n "b" { }\n})', ["A > a"]),
        ('class A : Integration() {\n init {\n describe("a") {\n it("b") { }\n }\n }\n}', ["A > a > b"]),
        ('class A : Integration() {\n init {\n "a" - {\n "b" { }\n }\n }\n}', ["A > a > b"]),
        ('class A {\n fun f() {\n test("a") { }\n }\n}', []),
        ('class A : FunSpec({\n class B {\n fun f() {\n test("a") { }\n }\n }\n})', []),
        ('fun laws(x: Int) = funSpec {\n test("a") { }\n}', ["laws > a"]),
        ('val laws = stringSpec {\n "a" { }\n}', ["laws > a"]),
        ('fun FunSpecRootScope.laws() {\n test("a") { }\n}', ["laws > a"]),
        ('class A : StringSpec({\n test("a") { }\n "b" { }\n})', ["A > b"]),
        ('class A : FunSpec({\n "a" { }\n "b" should { }\n it("c") { }\n})', []),
    ],
)
def test_the_style_follows_from_what_is_derived_from_or_extended(source: str, expected: list[str]) -> None:
    assert lines(source) == expected
