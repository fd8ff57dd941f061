"""Outlines the items of a Rust file that the test harness runs."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.detect.framework import covers
from fleet.analysis.inventory import Status
from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.rust.items import attribute_name, macro_of, token_groups
from fleet.analysis.parse.syntax import MAX_DEPTH, child_of_type, descend_to, location, text

# The harness's own attribute, and those of the crates that stand in for it: tokio::test, rstest, proptest.
_TEST_ATTRIBUTES = ("*test", "test_case", "test_matrix", "quickcheck")
_DEFINITION = re.compile(rb"macro_rules")
_NAMES = frozenset({"identifier", "metavariable", "raw_string_literal", "string_literal"})
_BEFORE_NAMES = frozenset({"#", "async", "pub", "unsafe"})
_COMMENTS = frozenset({"block_comment", "line_comment"})


class _Block(NamedTuple):
    """Items, or the tokens that a macro takes, still to be looked at."""

    node: Node
    into: Outline
    depth: int


def outline(root: Node) -> Outline:
    found = Outline()
    declaring = _declaring_macros(root)
    pending = [_Block(root, found, 0)]
    while pending:
        block = pending.pop()
        if block.depth < MAX_DEPTH:
            inner = _tokens(block) if block.node.type == "token_tree" else _items(block, declaring)
            pending.extend(reversed(inner))
    found.drop_empty_suites()
    return found


def _items(block: _Block, declaring: frozenset[str]) -> list[_Block]:
    """Record the tests among the items of *block*; return the blocks inside."""
    inner: list[_Block] = []
    attributes: list[Node] = []
    for item in block.node.named_children:
        if item.type == "attribute_item":
            attributes.append(item)
        elif item.type not in _COMMENTS:
            inner += _item(item, attributes, block, declaring)
            attributes = []
    return inner


def _item(item: Node, attributes: list[Node], block: _Block, declaring: frozenset[str]) -> list[_Block]:
    macro = macro_of(item)
    if macro is not None:
        return _macro(macro, _status([attribute_name(each) for each in attributes]), block, declaring)
    if item.type == "ERROR":
        return [_Block(item, block.into, block.depth + 1)]
    name = text(item.child_by_field_name("name"))
    body = item.child_by_field_name("body")
    marks = [attribute_name(each) for each in attributes]
    if item.type == "mod_item" and body is not None:
        suite = block.into.add_suite(name, "active", location(item))
        return [_Block(body, suite, block.depth + 1)]
    if item.type == "function_item" and _is_test(marks):
        block.into.add_test(name, _status(marks), location(item))
    return []


def _macro(macro: Node, status: Status, block: _Block, declaring: frozenset[str]) -> list[_Block]:
    """Read a macro that stands among the items: it declares a test itself, or wraps items that do."""
    name = text(macro.child_by_field_name("macro")).rpartition("::")[2]
    tokens = child_of_type(macro, "token_tree")
    if tokens is None or not tokens.named_child_count:
        return []
    # cfg_test_util! { … } wraps items; what declares a test without saying so here is called as rgtest!(name, …).
    is_test = name in declaring or ("test" in name and tokens.children[0].type != "{")
    if is_test and not any(_is_test([_attribute_of(group)]) for group in token_groups(tokens)):
        block.into.add_test(_called(tokens), status, location(macro))
        return []
    return [_Block(tokens, block.into, block.depth + 1)]


def _tokens(block: _Block) -> list[_Block]:
    """Record the tests among tokens, in which only the order tells what belongs together."""
    inner: list[_Block] = []
    marks: list[str] = []
    tokens = [child for child in block.node.children if child.type not in _COMMENTS]
    for before, token, after in zip(tokens, tokens[1:], [*tokens[2:], None], strict=False):
        if before.type == "#" and token.type == "token_tree":
            marks.append(_attribute_of(token))
        elif before.type == "fn" and token.type in _NAMES:
            if _is_test(marks):
                block.into.add_test(text(token), _status(marks), location(token))
            marks = []
        elif before.type == "mod" and after is not None and after.type == "token_tree":
            suite = block.into.add_suite(text(token), "active", location(token))
            inner.append(_Block(after, suite, block.depth + 1))
            marks = []
        elif token.type == "token_tree" and before.type == "!":
            inner.append(_Block(token, block.into, block.depth + 1))
    return inner


def _declaring_macros(root: Node) -> frozenset[str]:
    """Return the macros of this file that make a test of what they are given."""
    definitions = descend_to(root, _DEFINITION, enter=lambda node: node.type not in ("block", "token_tree"))
    return frozenset(
        text(node.child_by_field_name("name"))
        for node in definitions
        if node.type == "macro_definition" and any(_is_test([_attribute_of(group)]) for group in token_groups(node))
    )


def _is_test(marks: Sequence[str]) -> bool:
    return any(covers(_TEST_ATTRIBUTES, mark.rpartition("::")[2]) for mark in marks)


def _status(marks: Sequence[str]) -> Status:
    return "skipped" if "ignore" in marks else "active"


def _attribute_of(group: Node) -> str:
    """Return the attribute that the tokens ``[tokio::test(…)]`` stand for, or nothing."""
    if not group.child_count or group.children[0].type != "[":
        return ""
    path = [text(child) for child in group.children[1:-1] if child.type in ("identifier", "::")]
    return "".join(path)


def _called(tokens: Node) -> str:
    """Return what a macro's tokens begin with, attributes aside: the name of the test that it declares."""
    leading: list[str] = []
    for token in tokens.children[1:-1]:
        if token.type == "string_literal" and not leading:
            return text(child_of_type(token, "string_content"))
        if token.type == "fn":
            leading.clear()
        elif token.type in _NAMES:
            leading.append(text(token))
        elif token.type not in _BEFORE_NAMES and not (token.type == "token_tree" and token.children[0].type == "["):
            break
    return " ".join(leading) or COMPUTED
