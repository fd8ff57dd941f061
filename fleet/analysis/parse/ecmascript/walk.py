"""Outlines the files of every framework that declares tests with describe() and it()."""

from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.aliases import words_of
from fleet.analysis.parse.ecmascript.calls import arguments, callback, is_function
from fleet.analysis.parse.ecmascript.strings import string
from fleet.analysis.parse.ecmascript.words import Word, Words, meaning
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import MAX_DEPTH, location, text

# What a test is called whose name is computed, and what marks a test that stands for several.
_COMPUTED = "(dynamic)"
_SEVERAL = " (dynamic cases)"

_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
_ITERATORS = frozenset({"forEach", "map"})


class _Place(NamedTuple):
    """A node still to be looked at, and where what it declares belongs."""

    node: Node
    into: Outline
    repeated: bool
    depth: int

    def inside(self, node: Node | None, *, into: Outline | None = None, repeated: bool | None = None) -> list["_Place"]:
        if node is None or self.depth >= MAX_DEPTH:
            return []
        again = self.repeated if repeated is None else repeated
        return [_Place(node, self.into if into is None else into, again, self.depth + 1)]


def outline(root: Node) -> Outline:
    found = Outline()
    words = words_of(root)
    pending = [_Place(root, found, repeated=False, depth=0)]
    while pending:
        pending.extend(reversed(_visit(pending.pop(), words)))
    return found


def _visit(place: _Place, words: Words) -> list[_Place]:
    """Record what stands at *place*; return the places inside that are to be looked at, in order."""
    node = place.node
    if node.type == "call_expression":
        word = meaning(node.child_by_field_name("function"), words)
        return _visit_call(place) if word is None else _declare(place, word)
    if node.type in _LOOPS:
        return place.inside(node.child_by_field_name("body"), repeated=True)
    return [inner for child in node.named_children for inner in place.inside(child)]


def _declare(place: _Place, word: Word) -> list[_Place]:
    given = arguments(place.node)
    function = callback(given)
    name = _name(given)
    if name is None or (function is None and string(given[0]) is None):
        # test.skip(condition) inside a test, or a describe() without a name.
        return place.inside(_body(function)) if word.kind == "suite" else []
    if word.has_table or place.repeated:
        name += _SEVERAL
    where = location(place.node)
    if word.kind == "test":
        waiting = word.status == "active" and len(given) == 1
        place.into.add_test(name, "todo" if waiting else word.status, where)
        return []
    suite = place.into.add_suite(name, word.status, where)
    return place.inside(_body(function), into=suite, repeated=False)


def _visit_call(place: _Place) -> list[_Place]:
    """Look into a call that declares nothing itself: its last function runs where it stands, as far as we know."""
    given = arguments(place.node)
    called = place.node.child_by_field_name("function")
    if called is None:
        return []
    helper = _helper_test(called, given)
    if helper is not None:
        place.into.add_test(helper + _SEVERAL, "active", location(place.node))
        return []
    body = _body(callback(given))
    if called.type == "member_expression":
        # it("name", …).timeout(1000): the receiver is what declares.
        receiver = place.inside(called.child_by_field_name("object"))
        iterates = text(called.child_by_field_name("property")) in _ITERATORS
        return receiver + place.inside(body, repeated=True if iterates else None)
    return place.inside(called) + place.inside(body)


def _name(given: list[Node]) -> str | None:
    if not given or is_function(given[0]):
        return None
    literal = string(given[0])
    return _COMPUTED if literal is None else literal


def _helper_test(called: Node, given: list[Node]) -> str | None:
    """Return the name of the test that a tool's own call comes to.

    That is a codemod's ``defineTest(folder, name, …)`` and a linter's ``ruleTester.run(name, rule, cases)``.
    """
    if called.type == "identifier" and text(called) == "defineTest":
        names = [string(argument) for argument in (*given[3:4], *given[1:2])]
        return next((name for name in names if name), _COMPUTED)
    if called.type == "member_expression" and text(called.child_by_field_name("property")) == "run":
        receiver = text(called.child_by_field_name("object")).lower()
        return string(given[0]) if "tester" in receiver and given[2:] else None
    return None


def _body(function: Node | None) -> Node | None:
    return None if function is None else function.child_by_field_name("body")
