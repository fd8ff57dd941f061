"""Java files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location


def _is_candidate(file: Location) -> bool:
    # What a library of tests gives to others is named like tests too, and stands where the program does.
    if "main" in source_sets(file):
        return False
    return (
        file.stem.startswith("Test")
        or file.stem.endswith(("Test", "Tests"))
        or file.inside("test", "tests")
        or any(name.endswith("Test") for name in source_sets(file))
    )


def source_sets(file: Location) -> list[str]:
    """Return the source sets that builds of Java and Kotlin take *file* for: integrationTest of src/integrationTest."""
    return [inner for outer, inner in zip(file.folders, file.folders[1:], strict=False) if outer == "src"]


JAVA = Language("java", frozenset({"java"}), _is_candidate)
