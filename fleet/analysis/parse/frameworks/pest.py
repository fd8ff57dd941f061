"""Pest."""

from typing import Final, NamedTuple

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.inventory import Status
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.php.nodes import BLOCKS, Chain, chain, last_part
from fleet.analysis.parse.syntax import MAX_DEPTH, location, text

_TESTS: Final[dict[str, Status]] = {"arch": "active", "it": "active", "test": "active", "todo": "todo"}
_STATUSES: Final[dict[str, Status]] = {"fails": "xfail", "only": "focused", "skip": "skipped", "todo": "todo"}
# What is chained to a test without giving it anything to do.
_ABOUT: Final = frozenset({*_STATUSES, "covers", "group", "issue", "note", "pr", "repeat", "with"})
_FUNCTIONS: Final = frozenset({"anonymous_function", "arrow_function"})
_STRINGS: Final = frozenset({"encapsed_string", "heredoc", "nowdoc", "string"})
_CONDITIONS: Final = _FUNCTIONS | {"binary_expression", "boolean", "function_call_expression", "unary_op_expression"}


class _Place(NamedTuple):
    node: Node
    into: Outline
    depth: int


def _read(root: Node) -> Outline:
    outline = Outline()
    pending = [_Place(root, outline, 0)]
    while pending:
        place = pending.pop()
        inner: list[_Place] = []
        for node in place.node.named_children:
            if node.type == "expression_statement":
                inner += _statement(node, place)
            elif node.type in BLOCKS and place.depth < MAX_DEPTH:
                inner.append(place._replace(node=node, depth=place.depth + 1))
        pending.extend(reversed(inner))
    return outline


def _statement(node: Node, place: _Place) -> list[_Place]:
    called = chain(node)
    if called is None:
        return []
    function = next((given for given in called.arguments if given.type in _FUNCTIONS), None)
    if called.name == "describe":
        suite = place.into.add_suite(_name(called), _status(called, "active"), location(node))
        body = None if function is None else function.child_by_field_name("body")
        return [] if body is None or place.depth >= MAX_DEPTH else [_Place(body, suite, place.depth + 1)]
    # test() alone stands for the test that is running, arch() for one without a name.
    if called.name in _TESTS and (called.arguments or called.name == "arch"):
        waits = function is None and _ABOUT.issuperset(link.name for link in called.links)
        status: Status = "todo" if waits else _TESTS[called.name]
        place.into.add_test(_name(called), _status(called, status), location(node))
    return []


def _name(called: Chain) -> str:
    if not called.arguments:
        return COMPUTED
    first = called.arguments[0]
    if first.type == "class_constant_access_expression":
        return last_part(text(first)).removesuffix("::class")
    return text(first)[1:-1].replace("\\'", "'").replace('\\"', '"') if first.type in _STRINGS else COMPUTED


def _status(called: Chain, otherwise: Status) -> Status:
    """Return what the last of the chained calls makes of a test; one that depends on a condition makes nothing."""
    for link in called.links:
        if link.name in _STATUSES and not any(_is_condition(given) for given in link.arguments):
            return _STATUSES[link.name]
    return otherwise


def _is_condition(given: Node) -> bool:
    return given.type in _CONDITIONS and text(given).lower() != "true"


PEST = Framework(
    Facts(
        name="pest",
        languages=frozenset({"php"}),
        rank=Rank.SPECIALISED,
        imports=(
            "Pest\\Faker\\*",
            "Pest\\Laravel\\*",
            "Pest\\Livewire\\*",
            "arch()",
            "beforeEach()",
            "dataset()",
            "describe()",
            "expect()",
            "it()",
            "pest()",
            "test()",
            "todo()",
            "uses()",
        ),
    ),
    _read,
)
