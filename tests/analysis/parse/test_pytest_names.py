"""Which tests of pytest are found where a project names them otherwise."""

import pytest

from fleet.analysis.detect.scope import Scopes
from fleet.analysis.inventory import NotATest, Suite, TestFile
from fleet.analysis.parse.configs.read import read_config
from fleet.analysis.parse.source import read_source
from tests.analysis.parse.reading import file_of, framework_of, scopes_of


def names_of(path: str, source: str, scopes: Scopes) -> list[str]:
    return _names(file_of(path, source, scopes))


def _names(of: TestFile | Suite) -> list[str]:
    return [*(test.name for test in of.tests), *(name for suite in of.suites for name in _names(suite))]


NAMED = "def check_a(): pass\nclass SuiteA:\n    def check_b(self): pass\nclass TestB:\n    def test_c(self): pass\n"


INI = "python_classes =\n  Suite\n  Other\npython_functions = check"
TOML = "python_classes = ['Suite']\npython_functions = ['check']"


@pytest.mark.parametrize(
    ("config", "content"),
    [
        ("pytest.ini", f"[pytest]\npython_files = check_*.py\n{INI}"),
        (".pytest.ini", "[pytest]\npython_files = 'check_*.py'\npython_classes = Su*A\npython_functions = *_[ab]"),
        ("pytest.toml", f"[pytest]\npython_files = ['check_*.py']\n{TOML}"),
        ("tox.ini", f"[pytest]\npython_files = b.py check_*.py\n{INI}"),
        ("setup.cfg", f"[tool:pytest]\npython_files = check_*\n{INI}"),
        ("pyproject.toml", f"[tool.pytest.ini_options]\npython_files = 'check_*'\n{TOML}"),
        ("pyproject.toml", f"[tool.pytest]\npython_files = ['pkg/check*']\n{TOML}"),
    ],
)
def test_pytest_finds_tests_by_the_names_that_a_project_sets(config: str, content: str) -> None:
    scopes = scopes_of(config, content)

    assert names_of("pkg/check_a.py", NAMED, scopes) == ["check_a", "check_b"]
    # By its name this is a file with tests to everybody else, so it stays one of the framework's.
    assert names_of("pkg/test_a.py", NAMED, scopes) == []
    assert read_source("pkg/other/testing/a.py", NAMED.encode(), scopes) == NotATest("pkg/other/testing/a.py")


def test_a_star_of_pytest_spans_folders() -> None:
    scopes = scopes_of("pytest.ini", "[pytest]\npython_files = pkg/*_a.py")

    assert names_of("pkg/deep/tests/x_a.py", "def test_a(): pass", scopes) == ["test_a"]
    assert names_of("other/tests/x_a.py", "def test_a(): pass", scopes) == []


def test_a_test_case_keeps_the_names_of_unittest() -> None:
    source = "import pytest\nclass A(TestCase):\n    def test_a(self): pass\n    def check_b(self): pass"
    scopes = scopes_of("pytest.ini", "[pytest]\npython_classes = Suite\npython_functions = check")

    assert names_of("test_a.py", source, scopes) == ["test_a"]


def test_the_nearest_configuration_names_the_tests_and_of_two_in_a_folder_the_one_that_pytest_reads() -> None:
    scopes = Scopes(
        tuple(
            scope
            for path, content in {
                "setup.cfg": "[tool:pytest]\npython_functions = far",
                "pkg/setup.cfg": "[tool:pytest]\npython_functions = cfg",
                "pkg/pytest.ini": "[pytest]\npython_functions = ini",
                "pkg/pyproject.toml": "[tool.pytest.ini_options]\npython_functions = 'toml'",
                "pkg/deep/conftest.py": "",
            }.items()
            for scope in read_config(path, content.encode())
        )
    )
    source = "".join(f"def {name}_a(): pass\n" for name in ("far", "cfg", "ini", "toml", "test"))

    assert names_of("pkg/deep/test_a.py", source, scopes) == ["ini_a"]
    assert names_of("test_a.py", source, scopes) == ["far_a"]


@pytest.mark.parametrize("value", ["'a", "a " * 9000])
def test_names_that_cannot_be_read_are_as_good_as_none(value: str) -> None:
    scopes = scopes_of("pytest.ini", f"[pytest]\npython_functions = {value}")

    assert names_of("test_a.py", "def test_a(): pass", scopes) == ["test_a"]


def test_unittest_looks_in_every_file_that_begins_with_test() -> None:
    source = "from django.test import TestCase\nclass A(TestCase):\n    def test_a(self): self.assertTrue(1)"

    assert names_of("polls/tests.py", source, Scopes()) == ["test_a"]
    assert framework_of("polls/tests.py", "import unittest\ndef helper(): pass", Scopes()) is None
    assert framework_of("polls/check_a.py", source, Scopes()) is None
