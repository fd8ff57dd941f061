"""PHP files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location


def _is_candidate(file: Location) -> bool:
    return file.stem.endswith(("Test", "Tests")) or file.stem.startswith("Test") or file.inside("test", "tests")


PHP = Language("php", frozenset({"php"}), _is_candidate)
