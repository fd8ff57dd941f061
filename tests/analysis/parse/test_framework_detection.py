"""Which framework a file with a given content belongs to."""

import pytest

from tests.analysis.parse.reading import framework_of, scopes_of


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("import pytest", "pytest"),
        ("import os, pytest as p", "pytest"),
        ("from pytest import raises", "pytest"),
        ("from pytest.mark import x", "pytest"),
        ("if TYPE_CHECKING:\n    import pytest", "pytest"),
        ("def f():\n    import pytest", "pytest"),
        ("from pytest_httpbin import x", None),
        ("import unittest", "unittest"),
        ("from unittest import TestCase", "unittest"),
        ("from unittest import (\n    TestCase,\n    mock,\n)", "unittest"),
        ("from unittest import mock", None),
        ("from unittest.mock import Mock", None),
        ("import unittest.mock", None),
        ("import unittest\nimport pytest", "pytest"),
        ("'''\nimport pytest\n'''", None),
        ("# import pytest", None),
        ("@pytest.mark.slow\ndef test_a(): pass", "pytest"),
        ("class A(Base):\n    def test_a(self):\n        self.assertEqual(1, 1)", "unittest"),
        ("def test_a(): pass", None),
    ],
)
def test_a_python_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("test_a.py", source) == framework


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("import { it } from 'vitest'", "vitest"),
        ("import {\n  it,\n} from 'vitest'", "vitest"),
        ("import 'vitest/globals'", "vitest"),
        ("import type { Mock } from 'vitest'", "vitest"),
        ("import type { Mock } from 'vitest'; import { jest } from '@jest/globals'", "jest"),
        ("const { it } = require('mocha')", "mocha"),
        ("const v = await import('vitest')", "vitest"),
        ("import { jest } from '@jest/globals'", "jest"),
        ("import { test } from 'vitest'; import x from '@jest/globals'", "vitest"),
        ("import x from 'vitest-mock'", None),
        ("const text = `import 'vitest'`", None),
        ("// import 'vitest'\nit('a', f)", None),
        ("jest.mock('fs')", "jest"),
        ("vi.fn()", "vitest"),
        ("describe('a', function () { this.timeout(5) })", "mocha"),
        ("suite('a', f)", "mocha"),
        ("import test from 'node:test'; import { jest } from '@jest/globals'", "node-test"),
        ("const test = require('node:test')", "node-test"),
        ("import { expect } from 'bun:test'", "bun-test"),
        ("import { it } from '@std/testing/bdd'", "deno-test"),
        ("import { it } from 'jsr:@std/testing@1/bdd'", "deno-test"),
        ("import { it } from 'https://deno.land/std@0.224.0/testing/bdd.ts'", "deno-test"),
        ("import { serve } from 'https://deno.land/std@0.224.0/http/server.ts'", None),
        ("Deno.test('a', f)", "deno-test"),
        ("import { Page } from 'playwright'", None),
        ("import test from 'test'", None),
        ("describe('a', f)", None),
    ],
)
def test_a_javascript_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("a.test.ts", source) == framework


@pytest.mark.parametrize(
    ("path", "source", "framework"),
    [
        ("e2e/a.spec.ts", "import { test } from '@playwright/test'; test('a', f)", "playwright"),
        ("e2e/a.spec.ts", "import { type Page } from '@playwright/test'; import '@jest/globals'", "playwright"),
        ("web/a.cy.tsx", "describe('a', f)", "cypress"),
        ("web/a.spec.js", "import 'cypress'", "cypress"),
    ],
)
def test_end_to_end_tests_are_not_taken_for_unit_tests(path: str, source: str, framework: str) -> None:
    scopes = scopes_of("jest.config.js", "module.exports = {}")

    assert framework_of(path, source, scopes) == framework


def test_the_folder_named_for_end_to_end_tests_is_not_a_unit_tests_scope() -> None:
    scopes = scopes_of("playwright.config.ts", "export default defineConfig({ testDir: './e2e' })")

    assert framework_of("e2e/a.spec.ts", "import { test } from './fixtures'; vi.fn()", scopes) == "playwright"


def test_a_go_file_is_never_claimed_by_anothers_scope() -> None:
    assert framework_of("a_test.go", "package a", scopes_of("vitest.config.ts", "export default {}")) == "go-testing"
