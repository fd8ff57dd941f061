"""The path of a test file → the directories and the subject that mean something to a reader."""

import re
from typing import NamedTuple

from fleet.specgen.outline.text import compact, one_line
from fleet.specgen.outline.words import sentence_of, words_of

# Directories that say how code is laid out, not what it is about.
_LAYOUT_NAMES = """
test tests __test__ __tests__ testing spec specs __spec__ __specs__ src lib libs source sources pkg pkgs
package packages internal app apps module modules crate crates project projects workspaces main unit unittest
unittests unit_tests unit-tests js ts py python java kotlin go javascript typescript scala groovy swift csharp ruby
php cpp rust fixtures testdata cases suites test_suite testsuite com org net io dev github
"""
_LAYOUT = frozenset(_LAYOUT_NAMES.split())
_JVM = frozenset(("java", "kotlin", "scala", "groovy"))
_TOP_LEVEL = frozenset(("com", "org", "net", "io", "dev", "de", "me", "eu"))
# Source sets of Gradle: jvmTest, commonMain.
_SOURCE_SET = re.compile(
    r"(?:common|jvm|js|native|android|apple|ios|linux|macos|wasm\w*|web|unit|desktop)(?:Test|Main|UnitTest)"
)
# Directories that say how something is tested; they name a domain only where nothing else does.
_KINDS = {
    "integration": "integration",
    "integrations": "integration",
    "integrationtest": "integration",
    "integrationtests": "integration",
    "e2e": "end to end",
    "e2etest": "end to end",
    "e2etests": "end to end",
    "end2end": "end to end",
    "endtoend": "end to end",
    "endtoendtests": "end to end",
    "functional": "functional",
    "functionaltest": "functional",
    "functionaltests": "functional",
    "acceptance": "acceptance",
    "acceptancetests": "acceptance",
    "cypress": "end to end",
    "playwright": "end to end",
    "smoke": "smoke",
    "smoketests": "smoke",
    "systemtests": "system",
    "benchmark": "benchmarks",
    "benchmarks": "benchmarks",
    "bench": "benchmarks",
    "benches": "benchmarks",
    "regress": "regression",
    "regression": "regression",
    "regressions": "regression",
}
# Directories and prefixes that name a part of a project too shortly for a reader.
_LONG_NAMES = {
    "auth": "Authentication",
    "cli": "Command line",
    "conf": "Configuration",
    "config": "Configuration",
    "ctx": "Context",
    "db": "Database",
    "deps": "Dependencies",
    "docs": "Documentation",
    "fs": "File system",
    "i18n": "Internationalisation",
    "req": "Request",
    "res": "Response",
    "rt": "Runtime",
    "util": "Utilities",
    "utils": "Utilities",
    "ws": "WebSocket",
}
_TESTED = frozenset(("test", "tests", "spec", "specs", "unittest", "unittests", "testcase", "testing"))
_MARK = r"(?:tests?|specs?|cy|stories|e2e)"
_STEM_PREFIX = re.compile(r"\A(?:tests?|spec)[_.-]+", re.IGNORECASE)
_STEM_SUFFIX = re.compile(rf"(?:[_.-]+(?i:{_MARK})|(?<=[a-z0-9])(?:Tests?|Specs?|TestCases?))+\Z")
_NAMELESS = re.compile(rf"\A(?:{_MARK}|index|main|mod|lib|__init__|conftest|basic_?tests?)?\Z", re.IGNORECASE)


class Location(NamedTuple):
    """*folders* from the outside in, as written; *subject* is what the file is about, or empty."""

    folders: tuple[str, ...]
    kind: str
    subject: str
    stem: str


def locate(path: str) -> Location:
    *folders, file = path.split("/")
    kind = next((kind for folder in folders if (kind := _KINDS.get(compact(folder)))), "")
    telling = tuple(folder for folder in _without_company(folders) if folder and not _is_layout(folder))
    stem = _stem(file)
    return Location(telling, kind, "" if _NAMELESS.match(stem) else readable(stem), stem)


def _without_company(folders: list[str]) -> list[str]:
    """Drop the domain name that packages of the JVM begin with: java/com/acme/shop is shop."""
    for at in range(1, len(folders) - 1):
        if folders[at - 1] in _JVM and folders[at] in _TOP_LEVEL and len(folders) > at + 2:
            return [*folders[:at], *folders[at + 2 :]]
    return folders


def readable(name: str) -> str:
    """Write the name of a file or directory as words."""
    return sentence_of(_words(name)) or one_line(name) or "…"


def folder_title(name: str, outer: str) -> str:
    """Name the part of the project *outer* that a directory holds: "shop.checkout.tests" in shop is "Checkout"."""
    words = _words(name)
    while len(words) > 1 and words[-1].lower() in _TESTED:
        words.pop()
    while len(words) > 1 and words[0].lower() in _TESTED:
        words.pop(0)
    words = _without(words, compact(outer)) or words
    return _LONG_NAMES.get(" ".join(words).lower()) or sentence_of(words) or one_line(name) or "…"


def _words(name: str) -> list[str]:
    return [word for piece in re.split(r"[\s.+@-]+", one_line(name)) for word in words_of(piece)]


def _without(words: list[str], outer: str) -> list[str]:
    """Drop the words that repeat the name around them, or its end: a package of "swift-shop" is ShopCart."""
    for count in range(len(words) - 1, 0, -1):
        repeated, left = compact("".join(words[:count])), words[count:]
        if outer == repeated or (_is_name(repeated) and outer.endswith(repeated) and len("".join(left)) > 1):
            return left
    return words


def _is_name(text: str) -> bool:
    return len(text) > 2  # noqa: PLR2004  # two letters end many a word


def _is_layout(folder: str) -> bool:
    return (
        folder.lower() in _LAYOUT
        or _SOURCE_SET.fullmatch(folder) is not None
        or _KINDS.get(compact(folder)) is not None
    )


def _stem(file: str) -> str:
    stem = file.rsplit(".", 1)[0] if "." in file[1:] else file
    without_prefix = _STEM_PREFIX.sub("", stem)
    return _STEM_SUFFIX.sub("", without_prefix)
