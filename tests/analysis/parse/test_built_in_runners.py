"""What counts as a test for the runners that are part of Node.js, Bun and Deno; tables of sources."""

import pytest

from tests.analysis.parse.reading import lines_of


def node(source: str) -> list[str]:
    return lines_of("a.test.js", f"import {{ it }} from 'node:test'; {source}")


def bun(source: str) -> list[str]:
    return lines_of("a.test.ts", f"import {{ it }} from 'bun:test'; {source}")


def deno(source: str) -> list[str]:
    return lines_of("a.test.ts", f"import {{ it }} from '@std/testing/bdd'; {source}")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("test('a', () => {})", ["a"]),
        ("test('a', (t, done) => { done() })", ["a"]),
        ("describe('s', () => { it('a', f); suite('t', () => { test('b', f) }) })", ["s > a", "s > t > b"]),
        ("test(function adds() {})", ["adds"]),
        ("test(() => {})", ["(dynamic)"]),
        ("test.skip('a', f)", ["a skipped"]),
        ("it.todo('a')", ["a todo"]),
        ("describe.only('s', () => { it('a', f) })", ["s focused > a"]),
        ("test('a', { skip: true }, f)", ["a skipped"]),
        ("test('a', { skip: 'not on this system' }, f)", ["a skipped"]),
        ("test('a', { skip: isWindows }, f)", ["a"]),
        ("test('a', { todo: false, timeout: 5 }, f)", ["a"]),
        ("test('a', { expectFailure: true }, f)", ["a xfail"]),
        ("test({ skip: true }, function adds() {})", ["adds skipped"]),
        ("for (const x of y) { test(x, () => {}) }", ["(dynamic) (dynamic cases)"]),
        ("context('s', () => { it('a', f) })", ["a"]),
    ],
)
def test_node_declares_by_test_and_describe(source: str, expected: list[str]) -> None:
    assert node(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import check from 'node:test'; check('a', f); check.describe('s', () => { check.it.skip('b', f) })",
        "const check = require('node:test'); check('a', f); check.describe('s', () => { check.it.skip('b', f) })",
        "import * as run from 'node:test'; run.test('a', f); run.suite('s', () => { run.test.skip('b', f) })",
        "const { test: check } = require('node:test'); check('a', f); describe('s', () => { check.skip('b', f) })",
    ],
)
def test_node_may_be_imported_under_any_name(source: str) -> None:
    assert node(source) == ["a", "s > b skipped"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("test('a', async (t) => { await t.test('b', () => {}); await t.test('c', f) })", ["a > b", "a > c"]),
        ("test('a', async t => { await t.test('b', async t => { await t.test('c', f) }) })", ["a > b > c"]),
        ("test('a', async t => { for (const x of y) { await t.test('b', f) } })", ["a > b (dynamic cases)"]),
        ("test('a', async t => { await t.test('b', { skip: true }, f) })", ["a > b skipped"]),
        ("test.skip('a', async t => { await t.test('b', f) })", ["a skipped > b"]),
        ("test('a', t => { t.skip('why'); t.assert.ok(1); regex.test('b') })", ["a"]),
        ("test('a', () => { t.test('b', f) })", ["a"]),
    ],
)
def test_a_test_of_node_with_subtests_is_a_suite_of_them(source: str, expected: list[str]) -> None:
    assert node(source) == expected


def test_the_first_parameter_of_a_test_may_have_a_type() -> None:
    source = "import test from 'node:test'; test('a', async (t: TestContext) => { await t.test('b', f) })"

    assert lines_of("a.test.ts", source) == ["a > b"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("test('a', () => {})", ["a"]),
        ("describe('s', () => { it('a', f) })", ["s > a"]),
        ("test.failing('a', f)", ["a xfail"]),
        ("test.todo('a')", ["a todo"]),
        ("test.if(isMac)('a', f)", ["a"]),
        ("test.skipIf(isMac)('a', f)", ["a"]),
        ("test.todoIf(isMac)('a', f)", ["a"]),
        ("describe.if(isMac)('s', () => { test('a', f) })", ["s > a"]),
        ("test.each([1, 2])('a %i', f)", ["a %i (dynamic cases)"]),
        ("test.concurrent.only('a', f)", ["a focused"]),
        ("test.if(isMac)", []),
    ],
)
def test_bun_declares_as_jest_does_and_by_conditions(source: str, expected: list[str]) -> None:
    assert bun(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Deno.test('a', () => {})", ["a"]),
        ("Deno.test(function adds() {})", ["adds"]),
        ("Deno.test({ name: 'a', fn() {} })", ["a"]),
        ("Deno.test({ name: 'a', async fn(t) { await t.step('b', f) } })", ["a"]),
        ("Deno.test({ name: 'a', ignore: true, fn: () => {} })", ["a skipped"]),
        ("Deno.test({ name: 'a', only: true }, () => {})", ["a focused"]),
        ("Deno.test({ fn: function adds() {} })", ["adds"]),
        ("Deno.test('a', { ignore: isWindows }, () => {})", ["a"]),
        ("Deno.test.ignore('a', f)", ["a skipped"]),
        ("Deno.test.only('a', f)", ["a focused"]),
        ("for (const x of y) Deno.test(x, () => {})", ["(dynamic) (dynamic cases)"]),
        ("Deno.readFile('a', () => {}); Deno.bench('a', () => {})", []),
        ("Deno('a', f)", []),
    ],
)
def test_deno_declares_by_its_test(source: str, expected: list[str]) -> None:
    assert deno(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("describe('s', () => { it('a', f); test('b', f) })", ["s > a", "s > b"]),
        ("it.ignore('a', f)", ["a skipped"]),
        ("describe.skip('s', () => { it('a', f) })", ["s skipped > a"]),
        ("it({ name: 'a', ignore: true, fn() {} })", ["a skipped"]),
        ("describe({ name: 's', fn() { it('a', f) } })", ["s > a"]),
        ("const s = describe('s'); it(s, 'a', () => {})", ["a", "s >"]),
    ],
)
def test_denos_standard_library_declares_by_describe_and_it(source: str, expected: list[str]) -> None:
    assert deno(source) == expected
