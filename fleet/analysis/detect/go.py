"""Go files that may hold tests: the toolchain itself decides by name."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location


def _is_candidate(file: Location) -> bool:
    return file.stem.endswith("_test")


GO = Language("go", frozenset({"go"}), _is_candidate)
