"""The words around a document's names, in each language that has a table here; any other language reads English."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from fleet.specgen.document import Status


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """One language's table. *nouns* hold the singular and the plural; a template names its places in braces."""

    tag: str
    thousands: str
    conjunction: str
    nouns: Mapping[str, tuple[str, str]]

    # Of a single test or feature.
    test: str
    computed: str
    several: str
    other: str
    kinds: Mapping[str, str]

    # Of the overview.
    has: str
    describes: str
    describes_one: str
    largest: str
    written: str
    written_in: str
    not_run: str
    not_run_kinds: Mapping[Status, str]

    # Of a rendering.
    specification: str
    at_commit: str
    marks: Mapping[Status, str]
    more: str
    stand_in: str
    contents: str
    search: str
    skip: str

    # Of a comparison.
    compared: str
    nothing_changed: str
    changes: Mapping[str, str]
    counted_changes: Mapping[str, str]
    was: str
    was_in: str
    status_changed: str
    statuses: Mapping[Status, str]

    def number(self, number: int) -> str:
        return f"{number:,}".replace(",", self.thousands)

    def counted(self, number: int, noun: str) -> str:
        return f"{self.number(number)} {self.nouns[noun][number != 1]}"

    def listed(self, items: Sequence[str]) -> str:
        return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {self.conjunction} {items[-1]}"


def wording_of(language: str) -> Wording:
    """Return the table of *language*, a BCP 47 tag or a name."""
    return _TABLES.get(language.split("-", maxsplit=1)[0].casefold(), ENGLISH)


ENGLISH = Wording(
    tag="en",
    thousands=",",
    conjunction="and",
    nouns={
        "test": ("test", "tests"),
        "file": ("file", "files"),
        "domain": ("domain", "domains"),
        "area": ("area", "areas"),
        "feature": ("feature", "features"),
        "behaviour": ("behaviour", "behaviours"),
        "test file": ("file with tests", "files with tests"),
    },
    test="test",
    computed="cases named at run time",
    several="several cases",
    other="Other behaviours",
    kinds={
        "integration": "Integration tests",
        "end to end": "End-to-end tests",
        "functional": "Functional tests",
        "acceptance": "Acceptance tests",
        "smoke": "Smoke tests",
        "system": "System tests",
        "benchmark": "Benchmark",
        "benchmarks": "Benchmarks",
        "example": "Example",
        "fuzz": "Fuzzing",
        "regression": "Regressions",
    },
    has="{repo} has {tests} in {files}, {written}.",
    describes="They describe {features} in {areas}{largest}.",
    describes_one="They describe {features}.",
    largest="; the largest are {names}",
    written="written in {kinds}",
    written_in="{language} with {framework}",
    not_run="Not all of it is shown to work: {facts}.",
    not_run_kinds={"skipped": "skipped", "todo": "still to be written", "xfail": "expected to fail"},
    specification="Specification",
    at_commit="Specification at commit {commit}: {counts}.",
    marks={"skipped": "skipped", "todo": "to be written", "xfail": "expected to fail"},
    more="and {number} more",
    stand_in="The model failed here, so these sentences are made of the names alone.",
    contents="Contents",
    search="Search behaviours",
    skip="Skip to the behaviours",
    compared="What changed from version {before} to version {after}",
    nothing_changed="nothing",
    changes={
        "added": "New",
        "removed": "Gone",
        "reworded": "Reworded",
        "moved": "Moved",
        "status": "Of another status",
    },
    counted_changes={
        "added": "{number} new",
        "removed": "{number} gone",
        "reworded": "{number} reworded",
        "moved": "{number} moved",
        "status": "{number} of another status",
    },
    was="was: {before}",
    was_in="was in {before}",
    status_changed="{before} before, {after} now",
    statuses={
        "active": "run",
        "focused": "run alone",
        "skipped": "skipped",
        "todo": "to be written",
        "xfail": "expected to fail",
    },
)

GERMAN = Wording(
    tag="de",
    thousands=".",
    conjunction="und",
    nouns={
        "test": ("Test", "Tests"),
        "file": ("Datei", "Dateien"),
        "domain": ("Bereich", "Bereiche"),
        "area": ("Bereich", "Bereichen"),
        "feature": ("Funktion", "Funktionen"),
        "behaviour": ("Verhalten", "Verhalten"),
        "test file": ("Datei mit Tests", "Dateien mit Tests"),
    },
    test="Test",
    computed="Fälle, die erst zur Laufzeit heißen",
    several="mehrere Fälle",
    other="Weiteres Verhalten",
    kinds={
        "integration": "Integrationstests",
        "end to end": "End-to-End-Tests",
        "functional": "Funktionstests",
        "acceptance": "Abnahmetests",
        "smoke": "Smoke-Tests",
        "system": "Systemtests",
        "benchmark": "Benchmark",
        "benchmarks": "Benchmarks",
        "example": "Beispiel",
        "fuzz": "Fuzzing",
        "regression": "Regressionen",
    },
    has="{repo} hat {tests} in {files}, {written}.",
    describes="Beschrieben: {features} in {areas}{largest}.",
    describes_one="Beschrieben: {features}.",
    largest="; die größten sind {names}",
    written="geschrieben in {kinds}",
    written_in="{language} mit {framework}",
    not_run="Nicht alles davon ist gezeigt: {facts}.",
    not_run_kinds={"skipped": "übersprungen", "todo": "noch zu schreiben", "xfail": "mit erwartetem Fehlschlag"},
    specification="Spezifikation",
    at_commit="Spezifikation zum Commit {commit}: {counts}.",
    marks={"skipped": "übersprungen", "todo": "noch zu schreiben", "xfail": "schlägt erwartet fehl"},
    more="und {number} weitere",
    stand_in="Hier hat das Modell versagt; diese Sätze sind allein aus den Namen gebildet.",
    contents="Inhalt",
    search="Verhalten suchen",
    skip="Zum Verhalten springen",
    compared="Was sich von Version {before} zu Version {after} geändert hat",
    nothing_changed="nichts",
    changes={
        "added": "Neu",
        "removed": "Weggefallen",
        "reworded": "Umformuliert",
        "moved": "Verschoben",
        "status": "Mit anderem Status",
    },
    counted_changes={
        "added": "{number} neu",
        "removed": "{number} weggefallen",
        "reworded": "{number} umformuliert",
        "moved": "{number} verschoben",
        "status": "{number} mit anderem Status",
    },
    was="war: {before}",
    was_in="war in {before}",
    status_changed="vorher {before}, jetzt {after}",
    statuses={
        "active": "ausgeführt",
        "focused": "allein ausgeführt",
        "skipped": "übersprungen",
        "todo": "noch zu schreiben",
        "xfail": "schlägt erwartet fehl",
    },
)

_TABLES: Mapping[str, Wording] = MappingProxyType(
    dict.fromkeys(("en", "english"), ENGLISH) | dict.fromkeys(("de", "german", "deutsch"), GERMAN)
)
