"""JavaScript and TypeScript files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location

_MARKS = (".test.", ".spec.", ".cy.")
# Set-up files of a runner are tests only for runners that declare tests in them.
_SETUP_EXTENSIONS = frozenset({"js", "ts", "jsx", "tsx"})
_CYPRESS_FOLDERS = ({"cypress", "e2e"}, {"cypress", "component"})


# Where and how runners look besides; any other code may stand there too.
_TEST_FOLDERS = ("test", "tests", "spec", "specs", "e2e")
_INPUT_FOLDERS = ("fixtures", "__fixtures__", "__mocks__")
_TEST_STEMS = frozenset({"test", "tests", "spec"})
_TEST_ENDINGS = ("_test", "-test", ".test-d", ".e2e", "-spec", "_spec", ".spec-d")


def _is_candidate(file: Location) -> bool:
    return _is_named(file) or _may_be_test(file)


def _may_be_test(file: Location) -> bool:
    if file.stem.endswith(".d") or file.inside(*_INPUT_FOLDERS):
        return False
    by_name = file.stem in _TEST_STEMS or file.stem.startswith("test-") or file.stem.endswith(_TEST_ENDINGS)
    return by_name or file.inside(*_TEST_FOLDERS)


def _is_named(file: Location) -> bool:
    name = file.name.lower()
    if any(mark in name for mark in _MARKS):
        return True
    if file.stem.endswith((".setup", ".teardown")) and file.extension in _SETUP_EXTENSIONS:
        return True
    if file.inside("__tests__") and not file.inside("__fixtures__", "__mocks__"):
        return True
    return any({outer, inner} in _CYPRESS_FOLDERS for outer, inner in zip(file.folders, file.folders[1:], strict=False))


JAVASCRIPT = Language("javascript", frozenset({"js", "jsx", "mjs", "cjs"}), _is_candidate, _is_named)
TYPESCRIPT = Language("typescript", frozenset({"ts", "mts", "cts"}), _is_candidate, _is_named)
TSX = Language("tsx", frozenset({"tsx"}), _is_candidate, _is_named)

ECMASCRIPT = frozenset({JAVASCRIPT.name, TYPESCRIPT.name, TSX.name})
