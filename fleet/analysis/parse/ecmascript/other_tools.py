"""Calls of other tools that come to a test of whatever framework runs the file."""

from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.strings import string
from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.syntax import text

# One of these stands in every such call.
FOREIGN: Final = ("defineTest", "run")


def foreign_test(called: Node, given: list[Node]) -> str | None:
    """Return the name of the test that a tool's own call comes to.

    That is a codemod's ``defineTest(folder, name, …)`` and a linter's ``ruleTester.run(name, rule, cases)``.
    """
    if called.type == "identifier" and text(called) == "defineTest":
        names = [string(argument) for argument in (*given[3:4], *given[1:2])]
        return next((name for name in names if name), COMPUTED)
    if called.type == "member_expression" and text(called.child_by_field_name("property")) == "run":
        receiver = text(called.child_by_field_name("object")).lower()
        return string(given[0]) if "tester" in receiver and given[2:] else None
    return None
