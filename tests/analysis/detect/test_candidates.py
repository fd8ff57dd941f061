import pytest

from fleet.analysis.detect.candidates import is_candidate, is_config, is_named_test, language_of


@pytest.mark.parametrize(
    "path",
    [
        "test_api.py",
        "api_test.py",
        "tests/helpers.py",
        "src/pkg/tests/deep/__init__.py",
        "polls/tests.py",
        "pkg/testmodels.py",
        "pkg/check_models.py",
        "pkg/models_tests.py",
        "pkg/testing/models.py",
        "pkg/test/models.py",
        "store_test.go",
        "internal/coverage/store_test.go",
        "src/app.test.ts",
        "src/App.SPEC.tsx",
        "src/app.test.mjs",
        "src/app.spec.mts",
        "login.cy.js",
        "auth.setup.ts",
        "global.teardown.js",
        "src/__tests__/anything.jsx",
        "cypress/e2e/login.js",
        "src/it/java/shop/CartTest.java",
        "src/it/java/shop/CartTests.java",
        "src/it/java/shop/TestCart.java",
        "src/test/java/shop/Fixture.java",
        "test/shop/CartIT.java",
        "src/jvmMain/CartTest.kt",
        "src/CartSpec.kt",
        "src/test/kotlin/shop/Fixture.kt",
        "src/tests/build.kts",
        "Shop/CartTest.cs",
        "Shop/CartSpecs.cs",
        "Shop/TestCart.cs",
        "Shop.Tests/Fixture.cs",
        "src/Shop.Specs/Deep/Fixture.cs",
        "Tests/Fixture.cs",
        "src/UnitTests/Cart.cs",
        "Shop/Test/Cart.cs",
        "Shop.Test/Cart.cs",
        "src/integrationTest/java/shop/CartIT.java",
        "core/src/commonTest/kotlin/Cart.kt",
        "web/cypress/component/button.tsx",
        "store_test.cc",
        "store_unittest.cpp",
        "StoreTest.cxx",
        "StoreTests.cpp",
        "base/test/util.cc",
        "tests/all.cpp",
        "StoreTest.php",
        "src/Testing/TestResponse.php",
        "src/Store/StoreTests.php",
        "tests/Pest.php",
        "lib/store_spec.rb",
        "lib/store_test.rb",
        "spec/models/store.rb",
        "test/test_store.rb",
        "tests/store.rb",
        "spec/a/support/store.rb",
        "Tests/AppTests/Store.swift",
        "StoreTests.swift",
        "StoreTest.swift",
        "src/lib.rs",
        "crates/core/main.rs",
        "tests/it.rs",
        "store_test.rs",
        "test/app.js",
        "web/e2e/login.ts",
        "integration/action-test.ts",
        "src/url_test.ts",
        "test-url.mjs",
        "src/button/test.jsx",
        "test/app.e2e-spec.ts",
    ],
)
def test_a_file_may_hold_tests_by_its_path(path: str) -> None:
    assert is_candidate(path)


@pytest.mark.parametrize(
    "path",
    [
        "conftest.py",
        "tests/conftest.py",
        "src/testing.py",
        "src/contest.py",
        "store.go",
        "src/app.ts",
        "src/latest.ts",
        "auth.setup.mjs",
        "test/global.d.ts",
        "test/fixtures/input.js",
        "src/contest.ts",
        "src/testing.js",
        "src/__tests__/__fixtures__/input.js",
        "src/__tests__/__mocks__/fs.js",
        "cypress/support/commands.js",
        "tests/all.h",
        "latest.cc",
        "src/Latest.php",
        "src/Tests/Fixtures/a.php",
        "lib/store.rb",
        "spec/spec_helper.rb",
        "spec/rails_helper.rb",
        "spec/support/test/store.rb",
        "Sources/App/Store.swift",
        "Package.swift",
        "build.rs",
        "benches/parse.rs",
        "tests/data.json",
        "tests/Makefile",
        "node_modules/pkg/a.test.js",
        "web/node_modules/pkg/a.test.js",
        "vendor/lib/store_test.go",
        "dist/app.test.js",
        ".next/app.test.js",
        "coverage/app.test.js",
        "shop/Cart.java",
        "shop/Contest.java",
        "lib/src/main/java/shop/CartTest.java",
        "src/main/java/shop/test/Cart.java",
        "shop/Cart.kt",
        "shop/CartSpecs.kt",
        "src/commonMain/kotlin/Cart.kt",
        "lib/jvmTest/Cart.kt",
        "Shop/Latest/Cart.cs",
        "Shop/DotnetTest/Cart.cs",
        "Shop/Cart.cs",
        "Shop/Latest.cs",
        "",
    ],
)
def test_a_file_holds_no_tests_by_its_path(path: str) -> None:
    assert not is_candidate(path)


@pytest.mark.parametrize("path", ["src/app.test.ts", "src/__tests__/a.js", "tests/helpers.py", "store_test.go"])
def test_a_test_may_be_known_by_its_name(path: str) -> None:
    assert is_named_test(path)


@pytest.mark.parametrize(
    "path", ["test/app.js", "polls/tests.py", "pkg/test/a.py", "src/url_test.ts", "src/button/test.jsx", "a.txt"]
)
def test_where_a_file_stands_does_not_make_it_a_test(path: str) -> None:
    assert not is_named_test(path)


@pytest.mark.parametrize(
    "path",
    [
        "jest.config.js",
        "packages/ui/jest.config.json",
        "vitest.config.mts",
        "vite.config.ts",
        "package.json",
        ".mocharc.yml",
        "test/mocha.opts",
        "pytest.ini",
        "tests/conftest.py",
        "pyproject.toml",
        "setup.cfg",
        "tox.ini",
        "playwright.config.ts",
        "cypress.config.mjs",
        "vitest.e2e.config.ts",
        "jest.config.unit.cjs",
        "playwright-ct.config.ts",
        "vitest.workspace.json",
        "test/jest-e2e.json",
    ],
)
def test_a_configuration_is_known_by_its_name(path: str) -> None:
    assert is_config(path)


@pytest.mark.parametrize(
    "path",
    [
        "config.js",
        "jest.config.js.bak",
        "myjest.config.js",
        "vitest.config",
        "node_modules/pkg/package.json",
        "docs/setup.py",
    ],
)
def test_other_files_are_no_configurations(path: str) -> None:
    assert not is_config(path)


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.py", "python"),
        ("a_test.go", "go"),
        ("a.test.mjs", "javascript"),
        ("a.test.JSX", "javascript"),
        ("a.test.cts", "typescript"),
        ("a.test.tsx", "tsx"),
        ("a.cxx", "cpp"),
        ("tests/Pest.php", "php"),
        ("spec/a_spec.rb", "ruby"),
        ("src/lib.rs", "rust"),
        ("Package.swift", "swift"),
        ("A.java", "java"),
        ("a.kts", "kotlin"),
        ("A.cs", "csharp"),
        ("README", None),
        ("a.zig", None),
    ],
)
def test_the_language_follows_from_the_extension(path: str, language: str | None) -> None:
    assert language_of(path) == language
