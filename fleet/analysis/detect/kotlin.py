"""Kotlin files that may hold tests."""

from fleet.analysis.detect.java import source_sets
from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location

_ENDS = ("Test", "Tests", "Spec")


def _is_candidate(file: Location) -> bool:
    return (
        file.stem.startswith("Test")
        or file.stem.endswith(_ENDS)
        or file.inside("test", "tests")
        # Projects of several platforms have commonTest, jvmTest and others.
        or any(name.endswith("Test") for name in source_sets(file))
    )


KOTLIN = Language("kotlin", frozenset({"kt", "kts"}), _is_candidate)
