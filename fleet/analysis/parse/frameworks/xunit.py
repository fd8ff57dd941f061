"""xUnit.net."""

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


def _status(mark: Mark) -> Status | None:
    is_conditional = not {"SkipUnless", "SkipWhen"}.isdisjoint(mark.values)
    return "skipped" if "Skip" in mark.values and not is_conditional else None


def _cases(method: Declared, owner: Declared | None) -> Iterator[Case]:
    del owner
    # WpfFact, ConditionalTheory, and others that people derive.
    test = next((mark for mark in method.marks if mark.name.endswith(("Fact", "Theory"))), None)
    if test is None:
        return
    shown = test.values.get("DisplayName")
    name = shown if isinstance(shown, str) else method.name
    rows = [mark for mark in method.marks if mark.name == "InlineData"]
    if not rows:
        yield Case(name, method.node, _status(test))
    for row in rows:
        yield Case(row_name(name, row), row.node, _status(test) or _status(row))


_CONVENTIONS: Final = Conventions(_cases, lambda _: None)


def _read(root: Node) -> Outline:
    return outline(root, declared_in, _CONVENTIONS)


XUNIT = Framework(
    Facts(
        name="xunit",
        languages=frozenset({"csharp"}),
        imports=("Xunit",),
        markers=("@Fact", "@InlineData", "@MemberData", "@Theory"),
    ),
    _read,
)
