"""MSTest, the framework of Visual Studio."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.annotated.declared import Declared
from fleet.analysis.parse.annotated.walk import Case, Conventions, outline
from fleet.analysis.parse.csharp.declarations import declared_in
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.outline import Outline


def _status(declared: Declared) -> Status | None:
    return "skipped" if declared.marked("Ignore") else None


def _cases(method: Declared, owner: Declared | None) -> Iterator[Case]:
    del owner
    # DataTestMethod, STATestMethod, and those that people derive; the rows of one are not counted.
    test = next((mark for mark in method.marks if mark.name.endswith("TestMethod")), None)
    if test is not None:
        shown = test.values.get("DisplayName", test.values.get(""))
        yield Case(shown if isinstance(shown, str) else method.name, method.node, _status(method))


_CONVENTIONS: Final = Conventions(_cases, _status)


def _read(root: Node) -> Outline:
    return outline(root, declared_in, _CONVENTIONS)


MSTEST = Framework(
    Facts(
        name="mstest",
        languages=frozenset({"csharp"}),
        imports=("Microsoft.VisualStudio.TestTools.UnitTesting",),
        markers=(
            *("@DataRow", "@DataTestMethod", "@DynamicData", "@TestClass", "@TestMethod"),
            *(f"@{what}{when}" for what in ("Assembly", "Class", "Test") for when in ("Initialize", "Cleanup")),
        ),
    ),
    _read,
)
