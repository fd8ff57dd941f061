"""NUnit."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.annotated.declared import Declared, Mark
from fleet.analysis.parse.annotated.rows import row_name
from fleet.analysis.parse.annotated.walk import Case, Conventions, outline
from fleet.analysis.parse.csharp.declarations import declared_in
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.outline import Outline

_TESTS: Final = ("Test", "TestCaseSource", "Theory")
_OFF: Final = ("Explicit", "Ignore")


def _status(declared: Declared) -> Status | None:
    return "skipped" if declared.marked(*_OFF) else None


def _row_status(row: Mark) -> Status | None:
    is_off = not {"Ignore", "IgnoreReason"}.isdisjoint(row.values) or row.values.get("Explicit") is True
    return "skipped" if is_off else None


def _cases(method: Declared, owner: Declared | None) -> Iterator[Case]:
    del owner
    rows = [mark for mark in method.marks if mark.name == "TestCase"]
    for row in rows:
        named = row.values.get("TestName")
        name = named if isinstance(named, str) else row_name(method.name, row)
        yield Case(name, row.node, _status(method) or _row_status(row))
    if not rows and method.marked(*_TESTS):
        yield Case(method.name, method.node, _status(method))


_CONVENTIONS: Final = Conventions(_cases, _status)


def _read(root: Node) -> Outline:
    return outline(root, declared_in, _CONVENTIONS)


NUNIT = Framework(
    Facts(
        name="nunit",
        languages=frozenset({"csharp"}),
        imports=("NUnit.Framework",),
        markers=("@Test", "@TestCase", "@TestCaseSource", "@TestFixture"),
    ),
    _read,
)
