"""Outlines the files of every framework that declares tests with describe() and it()."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.aliases import words_of
from fleet.analysis.parse.ecmascript.calls import arguments, callback
from fleet.analysis.parse.ecmascript.declaration import declaration
from fleet.analysis.parse.ecmascript.dialect import FAMILY, Dialect, Word
from fleet.analysis.parse.ecmascript.meaning import Vocabulary, meaning
from fleet.analysis.parse.ecmascript.other_tools import FOREIGN, foreign_test
from fleet.analysis.parse.ecmascript.subtests import inside_test
from fleet.analysis.parse.names import SEVERAL
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import MAX_DEPTH, Mentions, location, text

_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
# Nobody makes so many; to look for each of a hostile file's words would take for ever.
_MANY_WORDS: Final = 100
_CALL: Final = re.compile(rb"[(`]")
_ITERATORS = frozenset({"forEach", "map"})


class _Place(NamedTuple):
    """A node still to be looked at, and where what it declares belongs."""

    node: Node
    into: Outline
    known: Vocabulary
    mentions: Mentions
    repeated: bool = False
    depth: int = 0

    def inside(self, node: Node | None, *, into: Outline | None = None, repeated: bool | None = None) -> list["_Place"]:
        if node is None or self.depth >= MAX_DEPTH:
            return []
        again = self.repeated if repeated is None else repeated
        return [self._replace(node=node, into=into or self.into, repeated=again, depth=self.depth + 1)]

    def children(self) -> list["_Place"]:
        """Return the places of the inner nodes; one without named children of its own declares nothing."""
        if self.depth >= MAX_DEPTH:
            return []
        inner = [child for child in self.mentions.children_of(self.node) if child.named_child_count]
        # Not _replace, which takes three times as long: there is one for nearly every node that is looked at.
        _, into, known, mentions, repeated, depth = self
        return [_Place(child, into, known, mentions, repeated, depth + 1) for child in inner]


def outline(root: Node, dialect: Dialect = FAMILY) -> Outline:
    found = Outline()
    known = words_of(root, dialect)
    pending = [_Place(root, found, known, Mentions(root, *_declaring(known)))]
    while pending:
        pending.extend(reversed(_visit(pending.pop())))
    return found


def _declaring(known: Vocabulary) -> tuple[re.Pattern[bytes], ...]:
    """Return words of which one stands in every call that declares: a word, or one that is looked up in another."""
    words = frozenset((*known.words, *known.dialect.members, *FOREIGN)) - {""}
    return (_CALL,) if len(words) > _MANY_WORDS else _ends_of(words)


@lru_cache(maxsize=64)
def _ends_of(words: frozenset[str]) -> tuple[re.Pattern[bytes], ...]:
    # What a word begins with is not looked at, which would take twice as long, so "it" finds "xit" as well.
    ends = sorted(word for word in words if not any(word != other and word.endswith(other) for other in words))
    return tuple(re.compile(re.escape(end).encode() + rb"(?![\w$])") for end in ends)


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
