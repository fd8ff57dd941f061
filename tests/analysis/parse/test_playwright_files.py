"""What counts as a test in a file of Playwright; tables of sources."""

import pytest

from tests.analysis.parse.reading import lines_of

PLAYWRIGHT = 'import "@playwright/test";'


def lines(source: str) -> list[str]:
    return lines_of("a.spec.ts", PLAYWRIGHT + source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("test('a', async ({ page }) => {})", ["a"]),
        ("test(`a`, f)", ["a"]),
        ("test('a', { tag: '@slow' }, async ({ page }) => {})", ["a"]),
        ("test(title, async ({ page }) => {})", ["(dynamic)"]),
        (
            "test.describe('s', () => { test('a', f); test.describe('t', () => { test('b', f) }) })",
            ["s > a", "s > t > b"],
        ),
        ("test.describe(() => { test('a', f) })", ["a"]),
        ("test.describe.serial('s', () => { test('a', f) })", ["s > a"]),
        ("test.describe.parallel('s', () => { test('a', f) })", ["s > a"]),
        ("test.describe.configure({ mode: 'serial' }); test('a', f)", ["a"]),
        ("test.use({ locale: 'de' }); test.setTimeout(5); test.beforeEach(async ({ page }) => {})", []),
        ("test('a', async () => { await test.step('b', async () => {}) })", ["a"]),
        ("export const test = base.extend({})", []),
    ],
)
def test_suites_and_tests_are_declared_by_test(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("test.skip('a', f)", ["a skipped"]),
        ("test.fixme('a', f)", ["a skipped"]),
        ("test.fail('a', f)", ["a xfail"]),
        ("test.only('a', f)", ["a focused"]),
        ("test.fail.only('a', f)", ["a focused"]),
        ("test.describe.only('s', () => { test('a', f) })", ["s focused > a"]),
        ("test.describe.skip('s', () => { test('a', f) })", ["s skipped > a"]),
        ("test.describe.fixme('s', () => { test('a', f) })", ["s skipped > a"]),
        ("test.describe.serial.only('s', () => { test('a', f) })", ["s focused > a"]),
        ("test.describe.parallel.only('s', () => { test('a', f) })", ["s focused > a"]),
    ],
)
def test_a_modifier_sets_the_status(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "test.skip()",
        "test.skip(isMobile)",
        "test.skip(browserName === 'webkit', 'not there yet')",
        "test.skip(({ browserName }) => browserName === 'webkit', 'not there yet')",
        "test.fixme(isMobile, 'why')",
        "test.fail(isMobile)",
        "test.slow()",
        "test.slow(({ browserName }) => browserName === 'webkit')",
    ],
)
def test_a_condition_is_no_test(condition: str) -> None:
    assert lines(f"test.describe('s', () => {{ {condition}; test('a', f) }})") == ["s > a"]


@pytest.mark.parametrize(
    "definition",
    [
        "import { test as check } from '@playwright/test'",
        "import { test as check } from './fixtures'",
        "import check from '@playwright/test'",
        "import { test as base } from '@playwright/test'; const check = base.extend<Fixtures>({})",
        "const check = test.extend<{ a: string }>({}).extend({})",
        "export const check = test.extend({})",
        "const check = mergeTests(a, b)",
        "const { test: check } = require('@playwright/test')",
    ],
)
def test_a_file_may_have_its_own_word_for_a_test(definition: str) -> None:
    source = f"{definition}; check('a', f); check.describe('s', () => {{ check.skip('b', f) }})"

    assert lines(source) == ["a", "s > b skipped"]


@pytest.mark.parametrize(
    "source",
    [
        "import { it } from './pageTest'; it('a', f)",
        "import { adminTest } from './fixtures'; adminTest('a', f)",
        "import adminTest from './fixtures'; adminTest('a', f)",
        "const { adminTest } = require('./fixtures'); adminTest('a', f)",
        "import type { Page } from '@playwright/test'; import { test as it } from './pageTest'; it('a', f)",
        "import * as pw from '@playwright/test'; pw.test('a', f)",
    ],
)
def test_a_word_may_come_from_another_file(source: str) -> None:
    assert lines(source) == ["a"]


def test_a_word_that_is_not_named_for_tests_is_none() -> None:
    assert lines("import { login } from './pages'; login('a', f)") == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("for (const x of y) { test(`a ${x}`, async () => {}) }", ["a ${x} (dynamic cases)"]),
        ("[1, 2].forEach(x => { test('a', f) })", ["a (dynamic cases)"]),
        ("for (const x of y) test.describe('s', () => { test('a', f) })", ["s (dynamic cases) > a"]),
        ("if (x) { test('a', f) }", ["a"]),
        ("(x ? test.skip : test)('a', f)", ["a"]),
        ("(x ? test : test.describe).only('a', f)", ["a"]),
    ],
)
def test_what_is_repeated_or_conditional_counts_once(source: str, expected: list[str]) -> None:
    assert lines(source) == expected
