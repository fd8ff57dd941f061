"""Python files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location

# Where and how runners look besides, some by themselves and some when they are told; other code may stand there too.
_TEST_FOLDERS = ("test", "testing")
_TEST_ENDINGS = ("_tests", "_spec")


def _is_candidate(file: Location) -> bool:
    return file.name != "conftest.py" and (_is_named(file) or _may_be_test(file))


def _may_be_test(file: Location) -> bool:
    if file.stem.startswith(("test", "check_")) and file.stem != "testing":
        return True
    return file.stem.endswith(_TEST_ENDINGS) or file.inside(*_TEST_FOLDERS)


def _is_named(file: Location) -> bool:
    return file.stem.startswith("test_") or file.stem.endswith("_test") or file.inside("tests")


PYTHON = Language("python", frozenset({"py"}), _is_candidate, _is_named)
