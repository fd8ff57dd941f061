"""What counts as a test in a PHP file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, framework_of, lines_of, locations_of

PHPUNIT = "<?php use PHPUnit\\Framework\\TestCase;\n"
PEST = "<?php use function Pest\\Laravel\\get;\n"


def in_class(members: str) -> list[str]:
    return lines_of("tests/ATest.php", f"{PHPUNIT}class ATest extends TestCase {{ {members} }}")


def pest(source: str) -> list[str]:
    return lines_of("tests/a.php", PEST + source)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("public function testA() {}", ["ATest > testA"]),
        ("function test_a(): void {}", ["ATest > test_a"]),
        ("final public static function testA() {}", ["ATest > testA"]),
        ("private function testA() {} protected function testB() {}", []),
        ("public function checks() {} public function Testing() {}", []),
        ("/** Does it.\n * @test */\n public function it_works() {}", ["ATest > it_works"]),
        ("/** @testdox A */ public function it_works() {}", []),
        ("// @test\n public function it_works() {}", []),
        ("/** @test */ private $x; public function it_works() {}", []),
        ("#[Test] public function it_works() {}", ["ATest > it_works"]),
        ("#[DataProvider('x'), \\PHPUnit\\Framework\\Attributes\\Test] public function a() {}", ["ATest > a"]),
        ("#[TestDox('x')] public function a() {}", []),
        ("public function testA() { return new class extends TestCase { function testB() {} }; }", ["ATest > testA"]),
    ],
)
def test_phpunit_runs_public_methods_by_name_or_mark(members: str, expected: list[str]) -> None:
    assert in_class(members) == expected


@pytest.mark.parametrize(
    ("declaration", "is_test_case"),
    [
        ("class A extends TestCase", True),
        ("class A extends \\Tests\\KernelTestCase", True),
        ("abstract class A extends TestCase", True),
        ("class A extends ParentTest", True),
        ("class ATest extends Anything", True),
        ("class A extends Anything", False),
        ("class ATest", False),
        ("trait ATests", False),
        ("interface ATest extends TestCase", False),
    ],
)
def test_phpunit_looks_into_test_cases(declaration: str, is_test_case: bool) -> None:
    lines = lines_of("tests/ATest.php", f"{PHPUNIT}{declaration} {{ function testA() {{}} }}")

    assert bool(lines) == is_test_case


@pytest.mark.parametrize(
    "source",
    [
        "namespace A; class ATest extends TestCase { function testA() {} }",
        "namespace A { class ATest extends TestCase { function testA() {} } }",
        "if (x) { class ATest extends TestCase { function testA() {} } }",
        "class ATest extends Base { function testA() {} } class Other extends Thing { function testB() {} }",
    ],
)
def test_a_test_case_may_stand_in_a_namespace_or_a_condition(source: str) -> None:
    assert lines_of("tests/ATest.php", f"<?php {source}\nself::assertTrue(1);") == ["ATest > testA"]


def test_a_class_that_derives_from_one_of_the_same_file_is_a_test_case_too() -> None:
    source = "class Base extends TestCase {} class Real extends Base { function testA() {} }"

    assert lines_of("tests/a.php", PHPUNIT + source) == ["Real > testA"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("$this->markTestSkipped('why');", " skipped"),
        ("a(); self::markTestSkipped('why');", " skipped"),
        ("$this->markTestIncomplete();", " todo"),
        ("if (a()) { $this->markTestSkipped(); }", ""),
        ("", ""),
    ],
)
def test_a_phpunit_test_that_always_gives_up_says_so(body: str, status: str) -> None:
    assert in_class(f"function testA() {{ {body} }}") == [f"ATest > testA{status}"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("it('a', function () { expect(1)->toBe(1); });", ["a"]),
        ("test('a', fn () => expect(1)->toBe(1));", ["a"]),
        ('it("a {$b}", function () {});', ["a {$b}"]),
        ("it('it\\'s', function () {});", ["it's"]),
        ("it($name, function () {});", ["(dynamic)"]),
        ("test('a')->expect(1)->toBe(1);", ["a"]),
        ("it('a', function () {})->with([1, 2])->group('x');", ["a"]),
        ("arch('a')->expect('App')->toUseStrictTypes();", ["a"]),
        ("arch()->preset()->php();", ["(dynamic)"]),
        (
            "describe('s', function () { it('a', function () {}); describe('t', function () { it('b'); }); });",
            ["s > a", "s > t > b todo"],
        ),
        ("describe(A::class, function () { it('a', function () {}); });", ["A > a"]),
        ("foreach ([1, 2] as $x) { it('a', function () {}); }", ["a"]),
        ("it('a', function () { test()->get('/'); it('b', function () {}); });", ["a"]),
        ("beforeEach(function () {}); uses(TestCase::class)->in('Feature'); test();", []),
        ("$this->it('a', function () {});", []),
    ],
)
def test_pest_declares_tests_with_functions(source: str, expected: list[str]) -> None:
    assert pest(source) == expected


@pytest.mark.parametrize(
    ("chained", "status"),
    [
        ("->skip()", " skipped"),
        ("->skip('why')", " skipped"),
        ("->skip(true, 'why')", " skipped"),
        ("->skip(PHP_OS === 'x', 'why')", ""),
        ("->skip(fn () => x())", ""),
        ("->skipOnWindows()", ""),
        ("->todo()", " todo"),
        ("->only()", " focused"),
        ("->fails()", " xfail"),
        ("->group('x')->skip()->with([1])", " skipped"),
    ],
)
def test_a_pest_test_has_the_status_that_is_chained_to_it(chained: str, status: str) -> None:
    assert pest(f"it('a', function () {{}}){chained};") == [f"a{status}"]


@pytest.mark.parametrize("source", ["todo('a');", "it('a');", "test('a')->todo();", "it('a')->group('x');"])
def test_a_pest_test_without_anything_to_do_is_still_to_be_written(source: str) -> None:
    assert pest(source) == ["a todo"]


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("use PHPUnit\\Framework\\TestCase as Base;", "phpunit"),
        ("use PHPUnit\\Framework\\{Assert, TestCase};", "phpunit"),
        ("use PHPUnit\\Framework\\Assert;", None),
        ("abstract class A extends TestCase {}", "phpunit"),
        ("class A extends \\PHPUnit\\Framework\\TestCase {}", "phpunit"),
        ("class A extends \\Some\\TestCase {}", None),
        ("class A extends \\Some\\TestCase { function testA() {} }", "phpunit"),
        ("class A extends ParentTest {}", None),
        ("class A extends ParentTest { function testA() {} }", "phpunit"),
        ("trait A { function a() { $this->assertSame(1, 2); } }", "phpunit"),
        ("class A { #[Test] function a() {} }", "phpunit"),
        ("class A { /** @test */ function a() {} }", "phpunit"),
        ("uses(A::class);", "pest"),
        ("use PHPUnit\\Framework\\TestCase; it('a', function () {});", "pest"),
        ("use function Pest\\Laravel\\{get, post};", "pest"),
        ("function a() { it('a'); }", None),
        ("$x = '$this->assertSame(1)'; // extends TestCase", None),
        ("return ['a' => 1];", None),
    ],
)
def test_a_php_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("tests/a.php", f"<?php {source}") == framework


def test_a_php_test_stands_where_its_method_stands() -> None:
    source = "<?php\nclass ATest extends TestCase\n{\n    #[Test]\n    public function a() {}\n}\n"

    assert locations_of("tests/ATest.php", source) == {"ATest": Location(2, 6, 0, 1), "a": Location(4, 5, 4, 26)}


def test_a_php_file_is_named_by_its_language() -> None:
    assert file_of("tests/ATest.php", PHPUNIT).language == "php"
