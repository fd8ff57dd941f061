"""PHPUnit."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.php.nodes import BLOCKS, attributes, base_of
from fleet.analysis.parse.syntax import child_of_type, descend, location, text

# Classes are loaded from other files, so a base is known by the names that people give to tests.
_TEST_CASES = ("Test", "TestCase", "Tests")
_ANNOTATION = re.compile(r"@test\b")
_HIDDEN = frozenset({"private", "protected"})
_ENDS: dict[str, Status] = {"markTestIncomplete": "todo", "markTestSkipped": "skipped"}


def _read(root: Node) -> Outline:
    outline = Outline()
    known: set[str] = set()
    for node in descend(root, lambda node: node.type in BLOCKS):
        if node.type == "class_declaration" and (base := base_of(node)):
            name = text(node.child_by_field_name("name"))
            if base in known or base.endswith(_TEST_CASES) or name.endswith(_TEST_CASES):
                known.add(name)
                suite = outline.add_suite(name, "active", location(node))
                for method in _tests(node):
                    suite.add_test(text(method.child_by_field_name("name")), _status(method), location(method))
    outline.drop_empty_suites()
    return outline


def _tests(declaration: Node) -> Iterator[Node]:
    body = declaration.child_by_field_name("body")
    comment = ""
    for member in [] if body is None else body.named_children:
        if member.type == "method_declaration" and not _is_hidden(member) and _is_test(member, comment):
            yield member
        comment = text(member) if member.type == "comment" else ""


def _is_hidden(method: Node) -> bool:
    return text(child_of_type(method, "visibility_modifier")).lower() in _HIDDEN


def _is_test(method: Node, comment: str) -> bool:
    marks = method.child_by_field_name("attributes")
    return (
        text(method.child_by_field_name("name")).startswith("test")
        or (comment.startswith("/**") and _ANNOTATION.search(comment) is not None)
        or (marks is not None and "Test" in attributes(marks))
    )


def _status(method: Node) -> Status:
    """Return what a test comes to that gives up in one of its own statements, whatever happens before."""
    body = method.child_by_field_name("body")
    for statement in [] if body is None else body.named_children:
        call = statement.named_children[0] if statement.type == "expression_statement" else statement
        end = _ENDS.get(text(call.child_by_field_name("name")))
        if end is not None:
            return end
    return "active"


PHPUNIT = Framework(
    Facts(
        name="phpunit",
        languages=frozenset({"php"}),
        imports=("PHPUnit\\Framework\\TestCase",),
        markers=(
            "#[Test]",
            "$this->assert*",
            "@test",
            "extends *PHPUnit\\Framework\\TestCase",
            "extends TestCase",
            "self->assert*",
            "static->assert*",
        ),
        # By its name alone any other class may as well be a fixture, or bring tests of another file.
        guesses=("extends *Test", "extends *TestCase"),
    ),
    _read,
)
