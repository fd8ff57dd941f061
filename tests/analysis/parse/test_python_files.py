"""What counts as a test in a Python file; tables of sources."""

import textwrap

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, lines_of, locations_of

PYTEST = "import pytest\n"
UNITTEST = "import unittest\n"


def lines(source: str) -> list[str]:
    return lines_of("test_it.py", textwrap.dedent(source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def test_a(): pass", ["test_a"]),
        ("async def test_a(): pass", ["test_a"]),
        ("def testa(): pass", ["testa"]),
        ("def helper(): pass", []),
        ("def test_a():\n    def test_inner(): pass", ["test_a"]),
        ("class TestA:\n    def test_a(self): pass\n    def helper(self): pass", ["TestA > test_a"]),
        ("class TestA:\n    @staticmethod\n    def test_a(): pass", ["TestA > test_a"]),
        ("class A:\n    def test_a(self): pass", []),
        ("class TestA:\n    pass", []),
        ("class TestA:\n    def __init__(self): pass\n    def test_a(self): pass", []),
        ("class TestA:\n    class TestB:\n        def test_a(self): pass", ["TestA > TestB > test_a"]),
        ("if x:\n    def test_a(): pass\nelse:\n    def test_b(): pass", ["test_a", "test_b"]),
        ("try:\n    def test_a(): pass\nexcept E:\n    def test_a(): pass", ["test_a"]),
        ("with x:\n    def test_a(): pass", ["test_a"]),
        ("def test_a(): pass\ndef test_b(): pass\ndef test_a(): pass", ["test_b", "test_a"]),
        ("@pytest.fixture\ndef test_client(): pass", []),
        ("@pytest.fixture(scope='module')\ndef test_client(): pass", []),
        ("class Case(unittest.TestCase):\n    def test_a(self): pass", ["Case > test_a"]),
        ("class Base(TestCase): pass\nclass Real(Base):\n    def test_a(self): pass", ["Real > test_a"]),
        ("class Broken(\ndef test_a(): pass", ["test_a"]),
    ],
)
def test_pytest_collects_functions_classes_and_test_cases(source: str, expected: list[str]) -> None:
    assert lines(PYTEST + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class Base:\n    def test_a(self): pass\nclass TestA(Base): pass", ["TestA > test_a"]),
        (
            "class TestA:\n    def test_a(self): pass\nclass TestB(TestA):\n    def test_b(self): pass",
            ["TestA > test_a", "TestB > test_a", "TestB > test_b"],
        ),
        ("class A:\n    def test_a(self): pass\nclass B(A): pass\nclass TestC(B): pass", ["TestC > test_a"]),
        ("class A:\n    def __init__(self): pass\nclass TestB(A):\n    def test_a(self): pass", []),
        (
            "class TestA(TestB): pass\nclass TestB(TestA):\n    def test_a(self): pass",
            ["TestA > test_a", "TestB > test_a"],
        ),
        ("class TestA(Imported):\n    def test_a(self): pass", ["TestA > test_a"]),
    ],
)
def test_a_class_has_the_tests_that_it_inherits_from_others_of_the_file(source: str, expected: list[str]) -> None:
    assert lines(PYTEST + source) == expected


def test_a_test_that_is_defined_anew_counts_where_it_is() -> None:
    source = PYTEST + "class Base:\n    def test_a(self): pass\nclass TestA(Base):\n    def test_a(self): pass"

    assert locations_of("test_it.py", source)["test_a"].line == 5


@pytest.mark.parametrize(
    ("decorator", "status"),
    [
        ("@pytest.mark.skip", " skipped"),
        ("@pytest.mark.skip('later')", " skipped"),
        ("@pytest.mark.skipif(x, reason='y')", " skipped"),
        ("@mark.skip", " skipped"),
        ("@unittest.skip('later')", " skipped"),
        ("@unittest.skipUnless(x, 'y')", " skipped"),
        ("@pytest.mark.xfail(strict=True)", " xfail"),
        ("@unittest.expectedFailure", " xfail"),
        ("@pytest.mark.parametrize('x', [1, 2])", ""),
        ("@skip_later", ""),
        ("@other\n@pytest.mark.skip\n@another", " skipped"),
    ],
)
def test_a_decorator_sets_the_status_of_a_test(decorator: str, status: str) -> None:
    assert lines(f"{PYTEST}{decorator}\ndef test_a(): pass") == [f"test_a{status}"]


def test_a_test_without_a_status_of_its_own_has_that_of_its_class() -> None:
    source = """
        import pytest
        @pytest.mark.skip
        class TestA:
            def test_a(self): pass
            @pytest.mark.xfail
            def test_b(self): pass
    """

    assert lines(source) == ["TestA skipped > test_a skipped", "TestA skipped > test_b xfail"]


def test_the_decorators_of_one_definition_are_not_those_of_the_next() -> None:
    assert lines(PYTEST + "@pytest.mark.skip\ndef test_a(): pass\ndef test_b(): pass") == ["test_a skipped", "test_b"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A(unittest.TestCase):\n    def test_a(self): pass", ["A > test_a"]),
        ("class A(IsolatedAsyncioTestCase):\n    async def testA(self): pass", ["A > testA"]),
        ("class TestA(Imported):\n    def test_a(self): pass", ["TestA > test_a"]),
        ("class ModelTest(Imported):\n    def test_a(self): pass", ["ModelTest > test_a"]),
        ("class Other(Imported):\n    def test_a(self): pass", []),
        ("def test_a(): pass", []),
        ("class A(TestCase):\n    @skipIf(x, 'y')\n    def test_a(self): pass", ["A > test_a skipped"]),
        ("class A(TestCase):\n    @unittest.expectedFailure\n    def test_a(self): pass", ["A > test_a xfail"]),
    ],
)
def test_unittest_runs_the_methods_of_test_cases(source: str, expected: list[str]) -> None:
    assert lines(UNITTEST + source) == expected


def test_a_file_without_tests_is_still_a_test_file() -> None:
    file = file_of("tests/__init__.py", "from pytest import raises")

    assert (file.framework, file.language, file.tests, file.suites) == ("pytest", "python", (), ())


def test_a_place_is_lines_from_one_and_columns_in_bytes() -> None:
    source = "import pytest\nclass TestÄ:\n    x = 'ä'; y = 1\n    def test_a(self): return 'ö'\n"

    assert locations_of("test_it.py", source) == {
        "TestÄ": Location(2, 4, 0, 33),
        "test_a": Location(4, 4, 4, 33),
    }


def test_deeper_classes_than_anybody_nests_count_with_the_deepest_kept() -> None:
    source = PYTEST + "".join(f"{' ' * depth}class TestA{depth}:\n" for depth in range(90))

    (line,) = lines(source + " " * 90 + "def test_a(self): pass")

    assert line.endswith("TestA49 > test_a")
