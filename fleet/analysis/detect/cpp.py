"""C++ files that may hold tests; headers never do."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location

_ENDINGS = ("Test", "Tests", "_test", "_tests", "_unittest")


def _is_candidate(file: Location) -> bool:
    return file.stem.endswith(_ENDINGS) or file.inside("test", "tests")


CPP = Language("cpp", frozenset({"cc", "cpp", "cxx"}), _is_candidate)
