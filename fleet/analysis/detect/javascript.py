"""JavaScript and TypeScript files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location

_MARKS = (".test.", ".spec.", ".cy.")
# Set-up files of a runner are tests only for runners that declare tests in them.
_SETUP_EXTENSIONS = frozenset({"js", "ts", "jsx", "tsx"})
_CYPRESS_FOLDERS = ({"cypress", "e2e"}, {"cypress", "component"})


def _is_candidate(file: Location) -> bool:
    name = file.name.lower()
    if any(mark in name for mark in _MARKS):
        return True
    if file.stem.endswith((".setup", ".teardown")) and file.extension in _SETUP_EXTENSIONS:
        return True
    if file.inside("__tests__") and not file.inside("__fixtures__", "__mocks__"):
        return True
    return any({outer, inner} in _CYPRESS_FOLDERS for outer, inner in zip(file.folders, file.folders[1:], strict=False))


JAVASCRIPT = Language("javascript", frozenset({"js", "jsx", "mjs", "cjs"}), _is_candidate)
TYPESCRIPT = Language("typescript", frozenset({"ts", "mts", "cts"}), _is_candidate)
TSX = Language("tsx", frozenset({"tsx"}), _is_candidate)

ECMASCRIPT = frozenset({JAVASCRIPT.name, TYPESCRIPT.name, TSX.name})
