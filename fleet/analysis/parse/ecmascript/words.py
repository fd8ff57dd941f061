"""The words with which JavaScript test files declare suites and tests, and what may be chained to them."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Status
from fleet.analysis.parse.syntax import text

Kind = Literal["suite", "test"]


class Word(NamedTuple):
    """What a call declares; *has_table*: a test for each row of a table; *calls*: how often to call it before that."""

    kind: Kind
    status: Status = "active"
    has_table: bool = False
    calls: int = 0


Words = Mapping[str, Word]

_KINDS: Final[dict[str, Kind]] = {
    "describe": "suite",
    "context": "suite",
    "suite": "suite",
    "it": "test",
    "test": "test",
    "specify": "test",
    "bench": "test",
}
WORDS: Final[Words] = {
    **{name: Word(kind) for name, kind in _KINDS.items()},
    **{f"x{name}": Word(kind, "skipped") for name, kind in _KINDS.items()},
    **{f"f{name}": Word(kind, "focused") for name, kind in _KINDS.items()},
}

_STATUSES: Final[dict[str, Status]] = {
    "skip": "skipped",
    "todo": "todo",
    "only": "focused",
    "failing": "xfail",
    "fails": "xfail",
}
_TABLES = frozenset({"each", "for"})
# Called first, they return what then declares: test.each(table)("name", …).
_CURRIED = _TABLES | {"skipIf", "runIf", "extend"}
_MODIFIERS = _STATUSES.keys() | _CURRIED | {"concurrent", "sequential", "shuffle"}

_WRAPPERS = frozenset(
    {"parenthesized_expression", "as_expression", "non_null_expression", "satisfies_expression", "return_statement"}
)
# A chain of more links declares nothing.
_MAX_LINKS: Final = 24


class _Chain(NamedTuple):
    base: str
    modifiers: tuple[str, ...]
    calls: int
    is_conditional: bool


def meaning(function: Node | None, words: Words) -> Word | None:
    """Return what a call of *function* declares: one of *words*, with modifiers and nothing else."""
    chain = _unwind(function, words, _MAX_LINKS)
    if chain is None or chain.base not in words or not _MODIFIERS.issuperset(chain.modifiers):
        return None
    word = words[chain.base]
    if chain.calls != word.calls + len(_CURRIED.intersection(chain.modifiers)):
        return None
    statuses = [] if chain.is_conditional else [_STATUSES[each] for each in chain.modifiers if each in _STATUSES]
    has_table = word.has_table or not _TABLES.isdisjoint(chain.modifiers)
    return Word(word.kind, [word.status, *statuses][-1], has_table)


def _unwind(node: Node | None, words: Words, links: int) -> _Chain | None:
    """Follow a function expression to the identifier it begins with."""
    modifiers: list[str] = []
    calls = 0
    while node is not None and links:
        links -= 1
        match node.type:
            case "identifier":
                return _Chain(text(node), tuple(reversed(modifiers)), calls, is_conditional=False)
            case "member_expression":
                modifiers.append(text(node.child_by_field_name("property")))
                node = node.child_by_field_name("object")
            case "call_expression":
                calls += 1
                node = node.child_by_field_name("function")
            case "ternary_expression":
                chain = _either(node, words, links)
                return None if chain is None else chain._replace(calls=chain.calls + calls)
            case wrapper if wrapper in _WRAPPERS and node.named_child_count:
                node = node.named_child(0)
            case _:
                return None
    return None


def _either(ternary: Node, words: Words, links: int) -> _Chain | None:
    """Return the branch of a condition that declares something; which one is taken is not known here."""
    for branch in ("consequence", "alternative"):
        chain = _unwind(ternary.child_by_field_name(branch), words, links)
        if chain is not None and chain.base in words:
            return chain._replace(is_conditional=True)
    return None
