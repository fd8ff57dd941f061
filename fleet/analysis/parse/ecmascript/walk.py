"""Outlines the files of every framework that declares tests with describe() and it()."""

from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.aliases import words_of
from fleet.analysis.parse.ecmascript.calls import arguments, callback
from fleet.analysis.parse.ecmascript.declaration import declaration
from fleet.analysis.parse.ecmascript.dialect import FAMILY, Dialect, Word
from fleet.analysis.parse.ecmascript.meaning import Vocabulary, meaning
from fleet.analysis.parse.ecmascript.other_tools import foreign_test
from fleet.analysis.parse.ecmascript.subtests import inside_test
from fleet.analysis.parse.names import SEVERAL
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import MAX_DEPTH, location, text

_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
_ITERATORS = frozenset({"forEach", "map"})


class _Place(NamedTuple):
    """A node still to be looked at, and where what it declares belongs."""

    node: Node
    into: Outline
    known: Vocabulary
    repeated: bool
    depth: int

    def inside(self, node: Node | None, *, into: Outline | None = None, repeated: bool | None = None) -> list["_Place"]:
        if node is None or self.depth >= MAX_DEPTH:
            return []
        again = self.repeated if repeated is None else repeated
        return [_Place(node, into or self.into, self.known, again, self.depth + 1)]

    def children(self) -> list["_Place"]:
        """Return the places of the inner nodes; one without named children of its own declares nothing."""
        if self.depth >= MAX_DEPTH:
            return []
        inner = [child for child in self.node.named_children if child.named_child_count]
        return [_Place(child, self.into, self.known, self.repeated, self.depth + 1) for child in inner]


def outline(root: Node, dialect: Dialect = FAMILY) -> Outline:
    found = Outline()
    pending = [_Place(root, found, words_of(root, dialect), repeated=False, depth=0)]
    while pending:
        pending.extend(reversed(_visit(pending.pop())))
    return found


def _visit(place: _Place) -> list[_Place]:
    """Record what stands at *place*; return the places inside that are to be looked at, in order."""
    node = place.node
    if node.type == "call_expression":
        word = meaning(node.child_by_field_name("function"), place.known)
        return _visit_call(place) if word is None or word.kind == "namespace" else _declare(place, word)
    if node.type in _LOOPS:
        return place.inside(node.child_by_field_name("body"), repeated=True)
    return place.children()


def _declare(place: _Place, word: Word) -> list[_Place]:
    given = arguments(place.node)
    declared = declaration(given, place.known.dialect)
    name, body = declared.name, _body(declared.function)
    if name is None:
        return place.inside(body) if word.kind == "suite" else []
    if word.has_table or place.repeated:
        name += SEVERAL
    status = word.status if declared.status is None or word.status != "active" else declared.status
    where = location(place.node)
    known = place.known if word.kind == "suite" else inside_test(declared.function, place.known)
    if known is None:
        waiting = status == "active" and len(given) == 1 and declared.function is None
        place.into.add_test(name, "todo" if waiting else status, where)
        return []
    suite = place.into.add_suite(name, status, where)
    return place._replace(known=known).inside(body, into=suite, repeated=False)


def _visit_call(place: _Place) -> list[_Place]:
    """Look into a call that declares nothing itself: its last function runs where it stands, as far as we know."""
    given = arguments(place.node)
    called = place.node.child_by_field_name("function")
    if called is None:
        return []
    foreign = foreign_test(called, given)
    if foreign is not None:
        place.into.add_test(foreign + SEVERAL, "active", location(place.node))
        return []
    body = _body(callback(given))
    if called.type == "member_expression":
        # it("name", …).timeout(1000): the receiver is what declares.
        receiver = place.inside(called.child_by_field_name("object"))
        iterates = text(called.child_by_field_name("property")) in _ITERATORS
        return receiver + place.inside(body, repeated=True if iterates else None)
    return place.inside(called) + place.inside(body)


def _body(function: Node | None) -> Node | None:
    return None if function is None else function.child_by_field_name("body")
