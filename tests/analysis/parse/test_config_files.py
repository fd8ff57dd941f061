"""What configuration files claim, read without running them."""

import msgspec
import pytest

from fleet.analysis.detect.scope import Names, Scope
from fleet.analysis.parse.configs.read import read_config

# What Jest and Mocha take for tests by default, and nobody else would by the name.
JEST_ALSO = ("**/{test,spec}.?([cm])[jt]s?(x)",)
MOCHA_ALSO = ("test/*.{js,cjs,mjs,ts,cts,mts,jsx,tsx}",)


def claims(path: str, content: str) -> list[Scope]:
    return read_config(path, content.encode())


def test_an_empty_jest_configuration_claims_its_folder() -> None:
    assert claims("web/jest.config.js", "module.exports = {}") == [
        Scope("jest", "web/jest.config.js", "web", ("web",), also=JEST_ALSO),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "module.exports = { roots: ['<rootDir>/src'], testMatch: ['**/*.unit.js'] }",
        "exports.default = { roots: ['<rootDir>/src'], testMatch: ['**/*.unit.js'] }",
        "export default { roots: ['src'], testMatch: ['**/*.unit.js'] }",
        "const config: Config = { roots: ['./src'], testMatch: ['**/*.unit.js'] };\nexport default config;",
        "const more = { testMatch: ['**/*.unit.js'] };\nmodule.exports = { ...more, roots: ['src'] }",
        "const roots = ['src'];\nexport default { roots, testMatch: [`**/*.unit.js`] } satisfies Config",
        "export default async () => ({ roots: ['src'], testMatch: ['**/*.unit.js'] })",
        "export default function () { return { roots: ['src'], testMatch: ['**/*.unit.js'] } }",
        "module.exports = wrap({ roots: ['src'], testMatch: ['**/*.unit.js'] })",
        (
            "const path = require('path');\n"
            "module.exports = { roots: [path.join(__dirname, 'src')], testMatch: ['**/*.unit.js'] }"
        ),
    ],
)
def test_the_exported_object_is_found_however_it_is_written(content: str) -> None:
    assert claims("web/jest.config.ts", content) == [
        Scope("jest", "web/jest.config.ts", "web", ("web/src",), ("**/*.unit.js",), also=JEST_ALSO),
    ]


def test_jest_looks_from_its_root_folder() -> None:
    (scope,) = claims("config/jest.config.json", '{"rootDir": "..", "testMatch": ["<rootDir>/src/**/*.js"]}')

    assert (scope.folder, scope.roots, scope.include) == ("", ("",), ("src/**/*.js",))


def test_jest_ignores_what_its_expressions_are_found_in() -> None:
    content = r"""module.exports = { testPathIgnorePatterns: [
        '/node_modules/', '<rootDir>/e2e/', '\\.slow\\.js$', 'fix.*ures', '(?!x)', '[' ] }"""

    (scope,) = claims("jest.config.js", content)

    assert [
        scope.claims(path)
        for path in ("a.js", "x/node_modules/a.js", "e2e/a.js", "x/e2e/a.js", "a.slow.js", "x/fixtures/a.js")
    ] == [True, False, False, True, False, False]


def test_jest_projects_that_are_written_out_claim_for_themselves() -> None:
    content = "module.exports = { projects: [{ rootDir: 'a' }, { rootDir: 'b' }, '<rootDir>/c'] }"

    assert [scope.roots for scope in claims("jest.config.js", content)] == [("a",), ("b",)]


def test_package_json_may_configure_jest_and_mocha() -> None:
    assert claims("web/package.json", '{"jest": {"roots": ["src"]}, "mocha": {"spec": "x/*.js"}}') == [
        Scope("jest", "web/package.json", "web", ("web/src",), also=JEST_ALSO),
        Scope("mocha", "web/package.json", "web", ("web",), also=("x/*.js",)),
    ]


@pytest.mark.parametrize("content", ["{}", '{"scripts": {"test": "jest"}}', '{"devDependencies": {"jest": "1"}}', "["])
def test_a_package_that_only_mentions_a_framework_claims_nothing(content: str) -> None:
    assert claims("package.json", content) == []


def test_vitest_claims_what_it_includes_and_not_what_it_excludes() -> None:
    content = """
        import { defineConfig } from 'vitest/config';
        // include: ['no/**']
        export default defineConfig({ root: '../', test: {
            dir: 'src', include: ['**/*.{test,spec}.ts'], exclude: ['**/e2e/**'], coverage: { include: ['x'] } } })
    """

    assert claims("web/vitest.config.ts", content) == [
        Scope("vitest", "web/vitest.config.ts", "", ("src",), ("src/**/*.{test,spec}.ts",), ("src/**/e2e/**",)),
    ]


def test_a_merged_vitest_configuration_counts_as_one() -> None:
    content = """
        const shared = { test: { globals: true, include: ['a/**'] } };
        export default mergeConfig(shared, defineConfig({ test: { exclude: ['b/**'] } }))
    """

    (scope,) = claims("vitest.config.ts", content)

    assert (scope.include, scope.exclude) == (("a/**",), ("b/**",))


def test_vite_claims_only_with_a_block_about_tests() -> None:
    assert claims("vite.config.ts", "export default defineConfig({ plugins: [] })") == []
    assert claims("vite.config.ts", "export default defineConfig({ test: { globals: true } })") == [
        Scope("vitest", "vite.config.ts", "", ("",)),
    ]


@pytest.mark.parametrize(
    ("path", "folder"), [(".mocharc.yml", ""), ("web/.mocharc.json", "web"), ("web/test/mocha.opts", "web")]
)
def test_mocha_claims_the_project_around_its_configuration(path: str, folder: str) -> None:
    assert claims(path, "") == [Scope("mocha", path, folder, (folder,), also=MOCHA_ALSO)]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("api/pytest.ini", ""),
        ("api/pyproject.toml", "[tool.pytest.ini_options]\naddopts = ''"),
        ("api/setup.cfg", "[tool:pytest]\naddopts =\n    -q"),
        ("api/tox.ini", "[testenv]\ndeps = x\n[pytest]"),
    ],
)
def test_pytest_claims_the_folder_of_its_configuration(path: str, content: str) -> None:
    (scope,) = claims(path, content)

    assert msgspec.structs.replace(scope, names=None) == Scope("pytest", path, "api", ("api",))
    assert scope.names == Names(order=scope.names.order if scope.names else 0)


def test_pytest_claims_a_folder_with_its_fixtures_and_says_nothing_of_names() -> None:
    assert claims("api/conftest.py", "") == [Scope("pytest", "api/conftest.py", "api", ("api",))]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("pyproject.toml", "[tool.ruff]\n[project]\nname = 'pytest'"),
        ("pyproject.toml", "[tool.pytest"),
        ("pyproject.toml", "x = " + "[" * 5000),
        ("setup.cfg", "[metadata]\nname = pytest"),
        ("setup.cfg", "no section\n[tool:pytest]"),
        ("tox.ini", "[tox]"),
        ("playwright.config.ts", "export default {}"),
        ("jest.config.js", "module.exports = { rootDir: '../../elsewhere' }"),
    ],
)
def test_a_configuration_that_says_nothing_claims_nothing(path: str, content: str) -> None:
    assert claims(path, content) == []


def test_playwright_claims_the_folders_it_names() -> None:
    content = "export default { testDir: path.join(__dirname, 'e2e'), projects: [{ testDir: 'api' }, { name: 'x' }] }"

    assert [scope.roots for scope in claims("web/playwright.config.ts", content)] == [("web/api",), ("web/e2e",)]


@pytest.mark.parametrize(
    "content",
    [
        "module.exports = " + "{ a: " * 3000,
        "const a = a; module.exports = a",
        "const a = b, b = a; module.exports = { ...a }",
        "\0",
        "module.exports = require('child_process').execSync('id')",
        "",
    ],
)
def test_a_strange_configuration_is_read_as_an_empty_one(content: str) -> None:
    assert claims("jest.config.js", content) == [Scope("jest", "jest.config.js", "", ("",), also=JEST_ALSO)]


def test_a_claim_is_not_much_larger_than_what_it_is_read_from() -> None:
    globs = ", ".join(f"'{'x' * 200}{number}', '{'x' * 301}'" for number in range(300))

    scopes = claims(
        "jest.config.js",
        f"const g = [{globs}]; const p = {{ testMatch: g }}; module.exports = {{ projects: [{'p, ' * 500}] }}",
    )

    assert len(scopes) == 50
    assert {len(scope.include) for scope in scopes} == {100}
