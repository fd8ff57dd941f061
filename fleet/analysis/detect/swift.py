"""Swift files that may hold tests: those of the targets that are named so."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location


def _is_candidate(file: Location) -> bool:
    return file.stem.endswith(("Test", "Tests")) or any(folder.endswith("Tests") for folder in file.folders)


SWIFT = Language("swift", frozenset({"swift"}), _is_candidate)
