"""The path of a test file → the directories and the subject that mean something to a reader."""

import re
from typing import NamedTuple

from fleet.specgen.outline.text import one_line
from fleet.specgen.outline.words import sentence_of, words_of

# Directories that say how code is laid out, not what it is about.
_LAYOUT_NAMES = """
test tests __test__ __tests__ testing spec specs __spec__ __specs__ src lib libs source sources pkg pkgs
package packages internal app apps module modules crates projects workspaces main unit unittest unittests
unit_tests unit-tests js ts py python java kotlin go javascript typescript fixtures testdata cases suites
"""
_LAYOUT = frozenset(_LAYOUT_NAMES.split())
# Directories that say how something is tested; they name a domain only where nothing else does.
_KINDS = {
    "integration": "Integration tests",
    "integrations": "Integration tests",
    "integration_tests": "Integration tests",
    "integration-tests": "Integration tests",
    "e2e": "End-to-end tests",
    "end2end": "End-to-end tests",
    "end-to-end": "End-to-end tests",
    "functional": "Functional tests",
    "acceptance": "Acceptance tests",
    "cypress": "End-to-end tests",
    "playwright": "End-to-end tests",
    "smoke": "Smoke tests",
    "benchmark": "Benchmarks",
    "benchmarks": "Benchmarks",
    "bench": "Benchmarks",
}
_MARK = r"(?:tests?|specs?|cy|stories)"
_STEM_PREFIX = re.compile(r"\A(?:tests?|spec)[_.-]+", re.IGNORECASE)
_STEM_SUFFIX = re.compile(rf"(?:[_.-]+(?i:{_MARK})|(?<=[a-z0-9])(?:Tests?|Specs?|TestCases?))+\Z")
_NAMELESS = re.compile(rf"\A(?:{_MARK}|index|main|__init__|conftest|basic_?tests?)?\Z", re.IGNORECASE)


class Location(NamedTuple):
    """*folders* from the outside in, as written; *subject* is what the file is about, or empty."""

    folders: tuple[str, ...]
    kind: str
    subject: str


def locate(path: str) -> Location:
    *folders, file = path.split("/")
    kind = next((_KINDS[folder.lower()] for folder in folders if folder.lower() in _KINDS), "")
    telling = tuple(folder for folder in folders if folder and folder.lower() not in _LAYOUT | _KINDS.keys())
    stem = _stem(file)
    return Location(telling, kind, "" if _NAMELESS.match(stem) else readable(stem))


def readable(name: str) -> str:
    """Write the name of a file or directory as words."""
    text = " ".join(word for piece in re.split(r"[\s.+@-]+", one_line(name)) for word in words_of(piece))
    return sentence_of(text.split()) or one_line(name) or "…"


def _stem(file: str) -> str:
    stem = file.rsplit(".", 1)[0] if "." in file[1:] else file
    without_prefix = _STEM_PREFIX.sub("", stem)
    return _STEM_SUFFIX.sub("", without_prefix)
