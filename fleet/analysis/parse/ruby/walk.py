"""Outlines the Ruby files of every framework: groups and examples that are called, classes whose methods are run."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Status
from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.ruby.calls import arguments, body, description, has_block, method_of
from fleet.analysis.parse.ruby.marks import status_in, status_of
from fleet.analysis.parse.syntax import MAX_DEPTH, location, text


class Word(NamedTuple):
    """What a call declares; *is_bare*: a test only with a block or directly in a group, for it is a statement too."""

    kind: Literal["suite", "test"]
    status: Status = "active"
    is_bare: bool = False


class Dialect(NamedTuple):
    """How a framework declares tests; *gives_up* are the calls by which a test ends before it has begun."""

    words: Mapping[str, Word]
    gives_up: Mapping[str, Status]
    has_classes: bool


class _Place(NamedTuple):
    node: Node
    into: Outline
    inherited: Status = "active"
    in_group: bool = False
    depth: int = 0

    def within(self, suite: Outline, inherited: Status) -> "_Place":
        return self._replace(into=suite, inherited=inherited, in_group=True)

    def inside(self, node: Node | None) -> list["_Place"]:
        if node is None or self.depth >= MAX_DEPTH:
            return []
        return [self._replace(node=node, depth=self.depth + 1)]


# Nothing in these is declared when the file is loaded, or it is declared for every test anew.
_CLOSED: Final = frozenset({"argument_list", "method", "string", "heredoc_body"})
_PREPARATIONS: Final = frozenset(
    {
        "after",
        "around",
        "background",
        "before",
        "define_method",
        "let",
        "let!",
        "setup",
        "subject",
        "subject!",
        "teardown",
    }
)
_TEST_CLASSES: Final = ("Test", "TestCase", "Tests")


def outline(root: Node, dialect: Dialect) -> Outline:
    found = Outline()
    pending = [_Place(root, found)]
    while pending:
        pending.extend(reversed(_visit(pending.pop(), dialect)))
    found.drop_empty_suites()
    return found


def _visit(place: _Place, dialect: Dialect) -> list[_Place]:
    """Record what stands at *place*; return the places inside that are to be looked at, in order."""
    node = place.node
    if node.type == "call":
        return _call(place, dialect)
    if node.type in ("class", "module") and dialect.has_classes:
        return _class(place, dialect)
    if node.type == "method" and place.in_group and dialect.has_classes and _is_test(node):
        status = status_in(node.child_by_field_name("body"), dialect.gives_up)
        place.into.add_test(text(node.child_by_field_name("name")), status, location(node))
        return []
    if node.type in _CLOSED:
        return []
    return [inner for child in node.named_children for inner in place.inside(child)]


def _call(place: _Place, dialect: Dialect) -> list[_Place]:
    call = place.node
    receiver = text(call.child_by_field_name("receiver"))
    word = dialect.words.get(method_of(call)) if receiver in ("", "RSpec", "::RSpec") else None
    if word is None:
        # Whatever it is, its block runs where it stands, as far as we know: a loop, a condition.
        is_preparation = not receiver and method_of(call) in _PREPARATIONS
        return [] if is_preparation else place._replace(in_group=False).inside(body(call))
    given = arguments(call)
    if word.is_bare and not has_block(call) and not place.in_group:
        return []
    status = status_of(given, word.status, place.inherited)
    if word.kind == "suite":
        if not has_block(call):
            return []
        suite = place.into.add_suite(description(given) or COMPUTED, status, location(call))
        return place.within(suite, _passed_on(status)).inside(body(call))
    if not given and not has_block(call):
        return []
    _add_example(place, dialect, status)
    return []


def _add_example(place: _Place, dialect: Dialect, status: Status) -> None:
    call = place.node
    name = description(arguments(call)) or _shown(body(call))
    if status in ("active", "xfail") and not has_block(call):
        status = "todo"
    elif status == "active":
        status = status_in(body(call), dialect.gives_up)
    place.into.add_test(name, status, location(call))


def _passed_on(status: Status) -> Status:
    return status if status in ("skipped", "xfail") else "active"


def _shown(block: Node | None) -> str:
    """Return the one statement of an example without a name, which says what it is about."""
    if block is None or block.named_child_count != 1:
        return COMPUTED
    return " ".join(text(block).split())


def _class(place: _Place, dialect: Dialect) -> list[_Place]:
    declaration = place.node
    members = declaration.child_by_field_name("body")
    if members is None:
        return []
    if not _holds_tests(declaration, members, dialect):
        return place._replace(in_group=False).inside(members)
    name = text(declaration.child_by_field_name("name"))
    suite = place.within(place.into.add_suite(name, "active", location(declaration)), place.inherited)
    inner: list[_Place] = []
    is_public = True
    for member in members.named_children:
        if member.type == "identifier":
            is_public = {"private": False, "protected": False, "public": True}.get(text(member), is_public)
        elif is_public or member.type != "method":
            inner += suite.inside(member)
    return inner


def _holds_tests(declaration: Node, members: Node, dialect: Dialect) -> bool:
    """Tell whether a class may be a test case, or a module has tests for those that include it."""
    if declaration.type == "module":
        words = {name for name, word in dialect.words.items() if word.kind == "test"}
        return any(_is_test(member) or method_of(member) in words for member in members.named_children)
    derives = declaration.child_by_field_name("superclass") is not None
    return derives or text(declaration.child_by_field_name("name")).endswith(_TEST_CLASSES)


def _is_test(method: Node) -> bool:
    parameters = method.child_by_field_name("parameters")
    takes = parameters is not None and any(each.type == "identifier" for each in parameters.named_children)
    return method.type == "method" and text(method.child_by_field_name("name")).startswith("test_") and not takes
