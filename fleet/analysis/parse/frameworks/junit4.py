"""JUnit 4."""

from collections.abc import Iterator
from typing import Final

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.annotated.declared import Declared
from fleet.analysis.parse.annotated.walk import Case, Conventions, outline
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.java import declarations as java
from fleet.analysis.parse.kotlin import declarations as kotlin

_TESTS: Final = ("Test", "Theory")


def _status(declared: Declared) -> Status | None:
    return "skipped" if declared.marked("Ignore") else None


def _cases(method: Declared, owner: Declared | None) -> Iterator[Case]:
    del owner
    if method.marked(*_TESTS):
        yield Case(method.name, method.node, _status(method))


# A class inside another is run, if at all, as one of its own.
_CONVENTIONS: Final = Conventions(_cases, _status, beside=True)
_AROUND = ("Before", "After", "BeforeClass", "AfterClass", "Ignore")
_IMPORTS = ("org.junit.Test", "org.junit.experimental.theories.Theory")
_MARKERS = tuple(f"@{name}" for name in (*_IMPORTS, *(f"org.junit.{around}" for around in _AROUND)))

JUNIT4_JAVA = Framework(
    Facts(name="junit4", languages=frozenset({"java"}), imports=_IMPORTS, markers=_MARKERS),
    lambda root: outline(root, java.declared_in, _CONVENTIONS),
)
JUNIT4_KOTLIN = Framework(
    Facts(name="junit4", languages=frozenset({"kotlin"}), imports=_IMPORTS, markers=_MARKERS),
    lambda root: outline(root, kotlin.declared_in, _CONVENTIONS),
)
