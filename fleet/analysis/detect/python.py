"""Python files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location


def _is_candidate(file: Location) -> bool:
    if file.name == "conftest.py":
        return False
    return file.stem.startswith("test_") or file.stem.endswith("_test") or file.inside("tests")


PYTHON = Language("python", frozenset({"py"}), _is_candidate)
