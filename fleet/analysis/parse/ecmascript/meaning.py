"""Works out what a call of an expression such as ``test.skip.each(table)`` declares."""

from typing import Final, NamedTuple

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.dialect import Dialect, Word, Words
from fleet.analysis.parse.syntax import text

_WRAPPERS = frozenset(
    {
        "as_expression",
        "await_expression",
        "instantiation_expression",
        "non_null_expression",
        "parenthesized_expression",
        "return_statement",
        "satisfies_expression",
    }
)
# A chain of more links declares nothing.
_MAX_LINKS: Final = 24


class Vocabulary(NamedTuple):
    """What is known at one place of a file: the *dialect*, and the *words*, those of the file's own included."""

    dialect: Dialect
    words: Words


class _Chain(NamedTuple):
    base: str
    modifiers: tuple[str, ...]
    calls: int
    is_conditional: bool


def meaning(function: Node | None, known: Vocabulary) -> Word | None:
    """Return what a call of *function* declares: one of the words, with modifiers and nothing else."""
    chain = _unwind(function, known.words, _MAX_LINKS)
    if chain is None or chain.base not in known.words:
        return None
    dialect, word, modifiers = known.dialect, known.words[chain.base], list(chain.modifiers)
    while modifiers and modifiers[0] in dialect.members:
        word = dialect.members[modifiers.pop(0)]
    if not all(dialect.is_modifier(modifier) for modifier in modifiers):
        return None
    if chain.calls != word.calls + sum(each in dialect.tables or each in dialect.curried for each in modifiers):
        return None
    statuses = (
        [] if chain.is_conditional else [dialect.statuses[each] for each in modifiers if each in dialect.statuses]
    )
    has_table = word.has_table or not dialect.tables.isdisjoint(modifiers)
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
                if chain is None:
                    return None
                return chain._replace(modifiers=(*chain.modifiers, *reversed(modifiers)), calls=chain.calls + calls)
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
