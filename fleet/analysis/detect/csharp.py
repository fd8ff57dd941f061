"""C# files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location

_ENDS = ("Test", "Tests", "Spec", "Specs")
_FOLDERS = ("Test", "test", "tests")
# A project's folder has the name of its assembly: Shop.Test, UnitTests. DotnetTest may be anything.
_FOLDER_ENDS = (".Test", "Tests", ".Spec", "Specs")


def _is_candidate(file: Location) -> bool:
    return (
        file.stem.startswith("Test")
        or file.stem.endswith(_ENDS)
        or any(folder in _FOLDERS or folder.endswith(_FOLDER_ENDS) for folder in file.folders)
    )


CSHARP = Language("csharp", frozenset({"cs"}), _is_candidate)
