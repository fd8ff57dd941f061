"""What counts as a test in a JavaScript or TypeScript file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, lines_of, locations_of

VITEST = 'import "vitest";'


def lines(source: str) -> list[str]:
    return lines_of("a.test.ts", VITEST + source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('it("a", () => {})', ["a"]),
        ("test('a', async function () {})", ["a"]),
        ("specify(`a`, f)", ["a"]),
        ("bench('a', () => {})", ["a"]),
        ("describe('s', () => { it('a', f); context('t', () => { it('b', f) }) })", ["s > a", "s > t > b"]),
        ("suite('s', function () { test('a', f) })", ["s > a"]),
        ("describe('s')", ["s >"]),
        ("describe('s', () => it('a', f))", ["s > a"]),
        ("describe('s', { timeout: 1 }, () => { it('a', f) })", ["s > a"]),
        ("it('a', () => { it('inner', f) })", ["a"]),
        ("it('it\\'s \\u0041\\n', f)", ["it's A\n"]),
        ("it('', f)", [""]),
        ("it(name, () => {})", ["(dynamic)"]),
        ("it(`a ${b}`, () => {})", ["a ${b}"]),
        ("it('a' + b, () => {})", ["(dynamic)"]),
        ("it(A.name, fakeAsync(() => {}))", ["(dynamic)"]),
        ("it(() => {})", []),
        ("it(value)", []),
        ("describe(() => { it('a', f) })", ["a"]),
        ("it('a', f).timeout(5)", ["a"]),
        ("describe('s', () => { it('a', f) }).timeout(5)", ["s > a"]),
        ("const t = it('a', f)", ["a"]),
        ("it.each('a', f)", []),
        ("it.skipIf(x, f)", []),
        ("regex.test('a')", []),
        ("expect(() => {}).toThrow()", []),
    ],
)
def test_suites_and_tests_are_declared_by_calls(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("xit('a', f)", "a skipped"),
        ("xtest('a', f)", "a skipped"),
        ("fit('a', f)", "a focused"),
        ("it.skip('a', f)", "a skipped"),
        ("it.only('a', f)", "a focused"),
        ("it.todo('a')", "a todo"),
        ("it('a')", "a todo"),
        ("it.skip('a')", "a skipped"),
        ("it.failing('a', f)", "a xfail"),
        ("test.fails('a', f)", "a xfail"),
        ("test.concurrent('a', f)", "a"),
        ("test.concurrent.skip('a', f)", "a skipped"),
        ("test.skip.concurrent('a', f)", "a skipped"),
        ("test.skipIf(x)('a', f)", "a"),
        ("test.runIf(x)('a', f)", "a"),
        ("(x ? it.skip : it)('a', f)", "a"),
        ("(it.skip as any)('a', f)", "a skipped"),
        ("test.extend({})('a', f)", "a"),
    ],
)
def test_a_test_has_the_status_of_its_modifiers(call: str, expected: str) -> None:
    assert lines(call) == [expected]


@pytest.mark.parametrize("call", ["test.skip(isSlow)", "test.skip(isSlow, 'why')", "test.skip()", "it.only()"])
def test_a_condition_is_no_test(call: str) -> None:
    assert lines(call) == []


def test_a_test_does_not_have_the_status_of_its_suite() -> None:
    assert lines("describe.skip('s', () => { it('a', f) })") == ["s skipped > a"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("it.each([1, 2])('a %i', f)", ["a %i (dynamic cases)"]),
        ("it.each`a | b\n${1} | ${2}`('a', f)", ["a (dynamic cases)"]),
        ("test.for([1])('a', f)", ["a (dynamic cases)"]),
        ("test.concurrent.each([1])('a', f)", ["a (dynamic cases)"]),
        ("it.skip.each([1])('a', f)", ["a (dynamic cases) skipped"]),
        ("describe.each([1])('s', () => { it('a', f) })", ["s (dynamic cases) > a"]),
        ("[1, 2].forEach(x => { it('a', f) })", ["a (dynamic cases)"]),
        ("[1, 2].forEach(x => it('a', f))", ["a (dynamic cases)"]),
        ("list.map(function (x) { describe('s', () => { it('a', f) }) })", ["s (dynamic cases) > a"]),
        ("for (const x of y) { it(x, () => {}) }", ["(dynamic) (dynamic cases)"]),
        ("for (let i = 0; i < 9; i++) it('a', f)", ["a (dynamic cases)"]),
        ("while (x) { it.each([1])('a', f) }", ["a (dynamic cases)"]),
    ],
)
def test_a_repeated_test_counts_once_and_says_so(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "if (x) { it('a', f) }",
        "function declare() { it('a', f) }",
        "export const declare = () => { it('a', f) }",
        "(function () { it('a', f) })()",
        "await wrapped('name', () => { it('a', f) })",
        "withServer(options, () => { it('a', f) })",
        "matrix.setup(() => { it('a', f) }, {})",
        "suiteIf(x)('name', () => { it('a', f) })",
        "x && it('a', f)",
        "beforeAll(() => {}); it('a', f)",
    ],
)
def test_tests_are_found_inside_what_is_not_known(source: str) -> None:
    assert lines(source) == ["a"]


@pytest.mark.parametrize(
    "definition",
    [
        "const check = test.extend({})",
        "const check = x ? it : it.skip",
        "export const check = it",
        "import { it as check } from 'vitest'",
        "import { test as base } from 'vitest'; const check = base.extend({})",
    ],
)
def test_a_file_may_have_its_own_word_for_a_test(definition: str) -> None:
    assert lines(f"{definition}; check('a', f)") == ["a"]


@pytest.mark.parametrize(
    "definition",
    [
        "const testIf = (x) => (x ? test : test.skip)",
        "const testIf = x => { return x ? test : test.skip }",
        "function testIf(x) { return x ? test : test.skip }",
    ],
)
def test_a_file_may_have_a_function_that_chooses_the_word(definition: str) -> None:
    assert lines(f"{definition}; testIf(y)('a', f)") == ["a"]


def test_a_function_that_chooses_the_word_declares_nothing_itself() -> None:
    assert lines("const testIf = (x) => (x ? test : test.skip); testIf('a', f)") == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ruleTester.run('no-var', rule, { valid: [] })", ["no-var (dynamic cases)"]),
        ("new RuleTester().run('no-var', rule, {})", ["no-var (dynamic cases)"]),
        ("server.run('no-var', rule, {})", []),
        ("ruleTester.run('no-var')", []),
        ("defineTest(__dirname, 'rename')", ["rename (dynamic cases)"]),
        ("defineTest(__dirname, 'rename', null, 'prefix')", ["prefix (dynamic cases)"]),
        ("defineTest(__dirname, name)", ["(dynamic) (dynamic cases)"]),
    ],
)
def test_the_test_tools_of_linters_and_codemods_count_once_a_call(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    ("path", "language"),
    [("a.test.js", "javascript"), ("a.test.jsx", "javascript"), ("a.test.mjs", "javascript"), ("a.test.tsx", "tsx")],
)
def test_jsx_is_read_in_the_languages_that_have_it(path: str, language: str) -> None:
    file = file_of(path, VITEST + "it('a', () => { render(<p>it's</p>) }); it('b', f)")

    assert (file.language, [test.name for test in file.tests]) == (language, ["a", "b"])


def test_a_place_is_lines_from_one_and_columns_in_bytes() -> None:
    source = "import 'vitest'\ndescribe('ä', () => { it('ö', f) })"

    assert locations_of("a.test.ts", source) == {"ä": Location(2, 2, 0, 37), "ö": Location(2, 2, 23, 34)}


@pytest.mark.parametrize("name", ["$it", "it$", "a$b", "étest", "x"])
def test_a_word_of_the_files_own_is_found_whatever_characters_it_has(name: str) -> None:
    assert lines(f"const {name} = it.skip; if (x) {{ {name}('a', f) }}") == ["a skipped"]


@pytest.mark.parametrize("count", [99, 5_000])
def test_a_file_may_have_any_number_of_words_of_its_own(count: int) -> None:
    words = "".join(f"const w{number}_ = it;" for number in range(count))

    assert lines(f"{words} if (x) {{ w{count - 1}_('a', f); `b`; w0_(`c`, f) }}") == ["a", "c"]
