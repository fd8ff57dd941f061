"""Rust files that may hold tests: those of a package, which keeps its unit tests beside the code."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location


def _is_candidate(file: Location) -> bool:
    return file.stem.endswith("_test") or file.inside("tests", "src", "crates")


RUST = Language("rust", frozenset({"rs"}), _is_candidate)
