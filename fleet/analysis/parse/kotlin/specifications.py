"""Outlines the specifications of a Kotlin file: Kotest's tests are calls with a block."""

import re
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Status
from fleet.analysis.parse.kotlin.blocks import Block, block_of
from fleet.analysis.parse.kotlin.declarations import marks_of, name_of
from fleet.analysis.parse.kotlin.strings import string
from fleet.analysis.parse.kotlin.styles import (
    Meaning,
    Style,
    style_of_class,
    style_of_factory,
    style_of_receiver,
)
from fleet.analysis.parse.kotlin.superclasses import superclasses
from fleet.analysis.parse.names import COMPUTED, SEVERAL
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import MAX_DEPTH, Mentions, child_of_type, location, text

_TYPES = frozenset({"class_declaration", "object_declaration", "companion_object"})
_LOOPS = frozenset({"for_statement", "while_statement", "do_while_statement"})
_ITERATORS = frozenset({"forEach", "forEachIndexed", "map", "onEach", "repeat"})
# Each row of their data is a test, unless their block declares tests.
_ROWS = frozenset({"withData", "withTests", "withContexts"})
# A type, or a function that is named after a style or extends one.
_STYLES = re.compile(rb"class|interface|object|Spec")
# A block, or a method with the annotation.
_BLOCKS = re.compile(rb"[{]|Test")
_OFF = frozenset({"Ignored", "Ignore"})


class _Mentions(NamedTuple):
    """Where a specification may begin, and where something may be declared in one."""

    of_styles: Mentions
    of_blocks: Mentions


class _Place(NamedTuple):
    """A node still to be looked at, where what it declares belongs, and how that is to be read.

    *name* is that of the definition around it. *tests_before* stands only at the end of a block of rows: how many
    tests there were before it.
    """

    node: Node
    into: Outline
    mentions: "_Mentions"
    style: Style | None = None
    status: Status = "active"
    repeated: bool = False
    depth: int = 0
    name: str = ""
    tests_before: int | None = None

    def inside(self) -> list["_Place"]:
        if self.depth >= MAX_DEPTH:
            return []
        mentions = self.mentions.of_styles if self.style is None else self.mentions.of_blocks
        # Not _replace, which takes three times as long: there is one for nearly every node that is looked at.
        _, into, both, style, status, repeated, depth, name, before = self
        return [
            _Place(child, into, both, style, status, repeated, depth + 1, name, before)
            for child in mentions.children_of(self.node)
        ]

    def opened(self, name: str, status: Status, style: Style | None) -> "_Place":
        """Return the place as a suite; one that is turned off turns everything in it off."""
        name += SEVERAL if self.repeated else ""
        own = "skipped" if self.status == "skipped" else status
        suite = self.into.add_suite(name, own, location(self.node))
        inherited: Status = "skipped" if own == "skipped" else "active"
        return self._replace(into=suite, style=style, status=inherited, repeated=False)


class _Reader:
    def __init__(self) -> None:
        self._tests = 0

    def read(self, root: Node) -> Outline:
        found = Outline()
        pending = [_Place(root, found, _Mentions(Mentions(root, _STYLES), Mentions(root, _BLOCKS)))]
        while pending:
            pending.extend(reversed(self._visit(pending.pop())))
        found.drop_empty_suites()
        return found

    def _visit(self, place: _Place) -> list[_Place]:
        """Record what stands at *place*; return the places inside that are to be looked at, in order."""
        node = place.node
        if place.tests_before is not None:
            return self._end_rows(place, place.tests_before)
        if node.type in _TYPES:
            return _enter_type(place)
        if node.type in ("function_declaration", "property_declaration"):
            return self._visit_definition(place)
        if node.type in _LOOPS or _iterates(node):
            return place._replace(repeated=True).inside()
        block = block_of(node)
        return place.inside() if block is None else self._visit_block(place, block)

    def _visit_block(self, place: _Place, block: Block) -> list[_Place]:
        factory = style_of_factory(block) if place.style is None else None
        if factory is not None:
            return place.opened(place.name or block.word or "", "active", factory)._replace(node=block.body).inside()
        meaning = None if place.style is None else place.style.meaning(block)
        if meaning is not None:
            return self._declare(place, block, meaning)
        if block.word in _ROWS and place.style is not None:
            rows = place._replace(node=block.body, repeated=True).inside()
            return [*rows, place._replace(tests_before=self._tests)]
        return place._replace(repeated=place.repeated or block.word in _ITERATORS).inside()

    def _declare(self, place: _Place, block: Block, meaning: Meaning) -> list[_Place]:
        name, status = _name_and_status(block, meaning.status)
        if meaning.kind == "suite":
            return place.opened(name, status, place.style)._replace(node=block.body).inside()
        self._add_test(place, name, status)
        return []

    def _visit_definition(self, place: _Place) -> list[_Place]:
        node = place.node
        name = name_of(node) or text(child_of_type(node, "variable_declaration")).strip("`")
        if place.style is not None and place.style.methods:
            marks = {mark.name for mark in marks_of(node)}
            if "Test" in marks:
                self._add_test(place, name, "active" if marks.isdisjoint(_OFF) else "skipped")
            return []
        receiver = child_of_type(node, "user_type") if node.type == "function_declaration" else None
        style = None if receiver is None else style_of_receiver(text(receiver))
        return (place._replace(name=name) if style is None else place.opened(name, "active", style)).inside()

    def _end_rows(self, place: _Place, tests_before: int) -> list[_Place]:
        if self._tests == tests_before:
            self._add_test(place._replace(repeated=True), COMPUTED, "active")
        return []

    def _add_test(self, place: _Place, name: str, status: Status) -> None:
        self._tests += 1
        own = "skipped" if place.status == "skipped" else status
        place.into.add_test(name + (SEVERAL if place.repeated else ""), own, location(place.node))


def outline(root: Node) -> Outline:
    return _Reader().read(root)


def _enter_type(place: _Place) -> list[_Place]:
    style = style_of_class(superclasses(place.node))
    if style is None:
        return place._replace(style=None).inside()
    is_off = any(mark.name in _OFF for mark in marks_of(place.node))
    return place.opened(name_of(place.node), "skipped" if is_off else "active", style).inside()


def _name_and_status(block: Block, status: Status) -> tuple[str, Status]:
    """Return a test's name without what Kotest takes for a mark: ``!`` turns it off, ``f:`` all others."""
    written = None if block.title is None else string(block.title)
    if written is None:
        return COMPUTED, "skipped" if block.is_off else status
    if written.startswith("!"):
        return written[1:], "skipped"
    if written.startswith("f:"):
        return written[2:], "focused"
    return written, "skipped" if block.is_off else status


def _iterates(node: Node) -> bool:
    called = node.named_child(0) if node.type == "call_expression" else None
    return (
        called is not None and called.type == "navigation_expression" and text(called.named_children[-1]) in _ITERATORS
    )
