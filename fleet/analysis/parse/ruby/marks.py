"""What the options and the first statements of a Ruby test say of its status."""

from collections.abc import Iterator, Mapping
from typing import Final

from tree_sitter import Node

from fleet.analysis.inventory import Status
from fleet.analysis.parse.ruby.calls import method_of
from fleet.analysis.parse.syntax import text

_OPTIONS: Final[dict[str, Status]] = {"focus": "focused", "pending": "xfail", "skip": "skipped"}
_NO: Final = frozenset({"false", "nil"})
_BLOCKS: Final = frozenset({"block_body", "body_statement"})


def status_of(given: list[Node], word: Status, inherited: Status) -> Status:
    """Return the status that a call has by its options, its word or what it stands in, whichever says something."""
    said = [*(_OPTIONS[name] for name in _options(given) if name in _OPTIONS), word, inherited]
    return next((status for status in said if status != "active"), "active")


def status_in(block: Node | None, gives_up: Mapping[str, Status]) -> Status:
    """Return what a test comes to by one of its own statements, whatever happens before."""
    statements = [] if block is None else block.named_children if block.type in _BLOCKS else [block]
    for statement in statements:
        if statement.type == "call" and statement.child_by_field_name("receiver") is None:
            is_whole = statement.child_by_field_name("block") is None
            name = method_of(statement) if is_whole else ""
        else:
            name = text(statement) if statement.type == "identifier" else ""
        if name in gives_up:
            return gives_up[name]
    return "active"


def _options(given: list[Node]) -> Iterator[str]:
    """Yield the names of the options that are set: ``:skip``, ``skip: "why"``, ``{ :skip => true }``."""
    for argument in given:
        if argument.type == "simple_symbol":
            yield text(argument)[1:]
        for pair in argument.named_children if argument.type == "hash" else [argument]:
            if pair.type == "pair" and text(pair.child_by_field_name("value")) not in _NO:
                yield text(pair.child_by_field_name("key")).strip(":")
