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
        ("\n" * 80 + "import { it } from 'vitest'", "vitest"),
        ("f();\nfunction g() { if (a) { return [require('vitest')] } }\nf()", "vitest"),
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
    ("source", "framework"),
    [
        ("import org.junit.Test;", "junit4"),
        ("import org.junit.*; class A { @Test void a() {} }", "junit4"),
        ("import org.junit.Before; class A { @Before void a() {} }", "junit4"),
        ("import org.junit.Before; class A {}", None),
        ("import static org.junit.Assert.*; class A {}", None),
        ("class A { @org.junit.Test void a() {} }", "junit4"),
        ("import org.junit.jupiter.api.Test;", "junit5"),
        ("import org.junit.jupiter.params.ParameterizedTest;", "junit5"),
        ("import org.junit.jupiter.api.*; class A { @Test void a() {} }", "junit5"),
        ("import org.junit.jupiter.api.*; class A { @Disabled void a() {} }", "junit5"),
        ("import module org.junit.start; @Test void a() {}", "junit5"),
        ("package org.junit.jupiter.api; class A { @Test void a() {} }", "junit5"),
        ("class A { @org.junit.jupiter.api.Test void a() {} }", "junit5"),
        ("import org.junit.jupiter.api.extension.ExtendWith; @ExtendWith(E.class) class A {}", "junit5"),
        ("import org.junit.jupiter.api.extension.Extension; class A implements Extension {}", "junit5"),
        ("import org.junit.jupiter.api.Test; import org.junit.Rule; import org.junit.Ignore;", "junit5"),
        ("import org.junit.Test; import org.junit.jupiter.api.Assertions;", "junit4"),
        ("import org.junit.jupiter.api.*; import org.junit.Test; class A { @Test void a() {} }", "junit4"),
        ("import org.junit.*; import org.junit.jupiter.api.Test; class A { @Test void a() {} }", "junit5"),
        ("import org.testng.annotations.Test;", "testng"),
        ("import org.testng.annotations.*; class A { @Test void a() {} }", "testng"),
        ("import static org.testng.Assert.assertEquals;", "testng"),
        ("import org.junit.Test; import static org.testng.Assert.*;", "junit4"),
        ("import com.acme.Test; class A { @Test void a() {} }", None),
        ("class A { @Test void a() {} }", None),
        ('class A { String s = """\nimport org.junit.Test;\n"""; }', None),
        ("// import org.junit.Test;\nclass A {}", None),
        ("import", None),
    ],
)
def test_a_java_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("ATest.java", source) == framework


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("import org.junit.Test", "junit4"),
        ("import org.junit.jupiter.api.Test", "junit5"),
        ("import org.junit.jupiter.api.*\nclass A {\n @Test\n fun a() {}\n}", "junit5"),
        ("import org.junit.jupiter.api.Test\nimport io.kotest.matchers.shouldBe", "junit5"),
        ("import org.junit.jupiter.api.extension.ExtendWith\nabstract class A", "junit5"),
        ("import org.junit.Test\nimport org.junit.jupiter.api.Assertions", "junit4"),
        ("import kotlin.test.Test", "junit5"),
        ("import kotlin.test.assertEquals", None),
        ("import org.testng.annotations.Test", "testng"),
        ("class A {\n @org.testng.annotations.Test\n fun a() {}\n}\nimport x", None),
        ("import io.kotest.core.spec.style.FunSpec", "kotest"),
        ("import io.kotest.core.spec.style.*", "kotest"),
        ("import io.kotest.matchers.shouldBe", "kotest"),
        ("class A : FunSpec({\n})", "kotest"),
        ("class A : Specimen()", None),
        ("class A : FunSpec", None),
        ('val s = "import org.junit.Test"', None),
        ("// import org.junit.Test", None),
        ("import", None),
    ],
)
def test_a_kotlin_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("ATest.kt", source) == framework


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("using Xunit;", "xunit"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}using Xunit;", "xunit"),
        ("global using Xunit;", "xunit"),
        ("using global::NUnit.Framework;", "nunit"),
        ("namespace A { using NUnit.Framework; }", "nunit"),
        ("#if X\nusing NUnit.Framework;\n#endif", "nunit"),
        ("using Microsoft.VisualStudio.TestTools.UnitTesting;", "mstest"),
        ("class A { [AssemblyInitialize] public static void F() {} }", "mstest"),
        ("class A { [ClassCleanup(UTF.ClassCleanupBehavior.EndOfClass)] public static void F() {} }", "mstest"),
        ('class A { [DynamicData("Rows")] void F() {} }', "mstest"),
        ("class A { // [DataRow]\n}", None),
        ("using F = Xunit;", None),
        ("using F = NUnit.Framework; class A { [F.Test] void F() {} }", "nunit"),
        ("using Xunit.Abstractions;", None),
        ("using static Xunit.Assert;", None),
        ("class A { [Fact] void F() {} }", "xunit"),
        ("class A { [InlineData(1)] void F() {} }", "xunit"),
        ("class A { [Test] void F() {} }", "nunit"),
        ("class A { [NUnit.Framework.TestCase(1)] void F() {} }", "nunit"),
        ("[TestFixture] class A {}", "nunit"),
        ("[TestClass] class A {}", "mstest"),
        ("class A { [TestMethodAttribute] void F() {} }", "mstest"),
        ("class A { [Obsolete] void F() {} }", None),
        ('class A { string s = """\nusing Xunit;\n"""; }', None),
        ("// using Xunit;", None),
        ("using", None),
    ],
)
def test_a_csharp_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("ATests.cs", source) == framework


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


@pytest.mark.parametrize(
    ("path", "source", "framework"),
    [
        ("test/a.js", "require('node:test')('a', f)", None),
        ("test/a.js", "const test = require('node:test'); test('a', f)", "node-test"),
        ("test/a.js", "const test = require('node:test')", None),
        ("lib/a.js", "const test = require('node:test'); test('a', f)", None),
        ("lib/a-test.js", "const test = require('node:test'); test('a', f)", "node-test"),
        ("src/url_test.ts", "Deno.test('a', f)", "deno-test"),
        ("src/url_test.ts", "import { test } from 'bun:test'; test('a', f)", "bun-test"),
        ("test/a.js", "describe('s', function () { this.timeout(5); it('a', f) })", "mocha"),
        ("test/a.js", "import { it } from 'vitest'; it('a', f)", None),
        ("src/a.test-d.ts", "import { it } from 'vitest'; it('a', f)", "vitest"),
    ],
)
def test_a_file_that_only_may_be_a_test_is_one_if_its_framework_finds_tests_in_it(
    path: str, source: str, framework: str | None
) -> None:
    assert framework_of(path, source) == framework


@pytest.mark.parametrize(
    ("config", "content", "path", "framework"),
    [
        (".mocharc.yml", "", "test/a.js", "mocha"),
        (".mocharc.yml", "", "test/x/a.js", None),
        (".mocharc.yml", "recursive: true", "test/x/a.js", "mocha"),
        (".mocharc.yml", "spec:\n  - 'spec/**/*.js'  # all\n", "spec/x/a.js", "mocha"),
        (".mocharc.yml", "spec: [spec/*.js, e2e]", "e2e/a.js", "mocha"),
        (".mocharc.json", '{"spec": "./e2e/a.js"}', "e2e/a.js", "mocha"),
        (".mocharc.js", "module.exports = { spec: ['e2e/*.js'] }", "e2e/a.js", "mocha"),
        (".mocharc.cjs", "module.exports = { spec: ['e2e/*.js'] }", "test/a.js", None),
        ("package.json", '{"scripts": {"test": "mocha"}}', "test/a.js", "mocha"),
        ("package.json", '{"scripts": {"test": "c8 mocha -r a.js --ui bdd spec/"}}', "spec/a.js", "mocha"),
        ("package.json", '{"scripts": {"test": "c8 mocha -r test spec/"}}', "test/a.js", None),
        ("package.json", '{"scripts": {"test": "tsc && mocha --recursive e2e"}}', "e2e/x/a.js", "mocha"),
        ("package.json", '{"scripts": {"test": "mocha \'test/*.js\'"}}', "lib/a.spec.js", None),
        ("package.json", '{"scripts": {"test": "mocha \'test"}}', "test/a.js", None),
        ("package.json", '{"scripts": {"test": "mocha e2e && eslint lib"}}', "lib/a.js", None),
        ("package.json", '{"scripts": {"test": "x"}, "devDependencies": {"mocha": "1"}}', "test/a.js", None),
        ("jest.config.js", "module.exports = {}", "src/button/test.js", "jest"),
        ("jest.config.js", "module.exports = {}", "test/a.js", None),
        ("test/jest-e2e.json", '{"rootDir": ".", "testRegex": ".e2e-spec.ts$"}', "test/a.e2e-spec.ts", "jest"),
        ("jest.config.js", "module.exports = { testRegex: '^<rootDir>/e2e/' }", "e2e/a.js", "jest"),
        ("jest.config.js", "module.exports = { testRegex: ['e2e'] }", "src/a.test.js", None),
        ("jest.config.js", "module.exports = { roots: ['e2e'], testMatch: ['<rootDir>/e2e/*'] }", "e2e/a.js", "jest"),
        ("vitest.config.ts", "export default { test: { include: ['test/**'] } }", "test/a.ts", "vitest"),
        ("vitest.config.ts", "export default { test: { include: ['test/**'] } }", "src/a.test.ts", None),
        ("vitest.workspace.ts", "export default ['packages/*']", "packages/a/src/a.test.ts", "vitest"),
        ("vitest.workspace.ts", "export default ['packages/*']", "docs/a.test.ts", None),
        ("vitest.workspace.ts", "export default defineWorkspace(['a/*.ts'])", "a/a.test.ts", None),
        (
            "vitest.workspace.ts",
            "export default defineWorkspace([{ extends: './x', test: { root: 'lib', include: ['*.spec.ts'] } }])",
            "lib/a.spec.ts",
            "vitest",
        ),
        (
            "vitest.config.ts",
            "export default { test: { include: ['no'], projects: [{ test: { include: ['e2e/*'] } }] } }",
            "e2e/a.ts",
            "vitest",
        ),
        (
            "vitest.config.ts",
            "export default { test: { include: ['no'], workspace: [{ test: { include: ['e2e/*'] } }] } }",
            "e2e/a.ts",
            "vitest",
        ),
        ("playwright.config.ts", "export default { testMatch: /.*\\.e2e\\.ts/ }", "src/a.e2e.ts", "playwright"),
        ("playwright.config.ts", "export default { testMatch: '*-test.ts' }", "it/a-test.ts", "playwright"),
        ("playwright.config.ts", "export default { testMatch: '*-test.ts' }", "it/a.spec.ts", None),
        ("playwright.config.ts", "export default { testDir: 'e2e' }", "e2e/pages.ts", None),
        (
            "playwright.config.ts",
            "export default { testDir: 'e2e', testIgnore: ['**/old/**', /x\\.spec/] }",
            "e2e/x.spec.ts",
            None,
        ),
        (
            "playwright.config.ts",
            "export default { testDir: 'e2e', projects: [{ testMatch: /\\.setup\\.ts/ }, { name: 'all' }] }",
            "e2e/a.spec.ts",
            "playwright",
        ),
        ("cypress.config.ts", "export default { e2e: { specPattern: 'e2e/**/*.ts' } }", "e2e/x/a.ts", "cypress"),
        (
            "cypress.config.ts",
            "export default { e2e: { specPattern: 'e2e/*', excludeSpecPattern: 'e2e/a*' } }",
            "e2e/a.ts",
            None,
        ),
    ],
)
def test_a_configuration_says_which_files_are_tests(
    config: str, content: str, path: str, framework: str | None
) -> None:
    assert framework_of(path, "it('a', f); test('b', f)", scopes_of(config, content)) == framework
