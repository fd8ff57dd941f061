"""What the arguments of a declaring call say: the name, the function, and the object of options."""

from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Status
from fleet.analysis.parse.ecmascript.calls import callback, is_function
from fleet.analysis.parse.ecmascript.dialect import Dialect
from fleet.analysis.parse.ecmascript.strings import string
from fleet.analysis.parse.names import COMPUTED
from fleet.analysis.parse.syntax import text


class Declaration(NamedTuple):
    """*name* is None where nothing is declared; *status* is what the options set, if they do."""

    name: str | None
    function: Node | None
    status: Status | None


def declaration(given: list[Node], dialect: Dialect) -> Declaration:
    options = {key: value for argument in given if argument.type == "object" for key, value in _pairs(argument)}
    function = callback(given)
    if function is None and given and given[0].type == "object":
        function = options.get("fn")
    status = next((dialect.statuses[key] for key in _statuses(options, dialect)), None)
    return Declaration(_name(given, function, options, dialect), function, status)


def _name(given: list[Node], function: Node | None, options: dict[str, Node], dialect: Dialect) -> str | None:
    if not given:
        return None
    first = given[0]
    if is_function(first) or first.type == "object":
        # test(function adds() { … }), test({ name: "adds", fn() { … } })
        named = options.get("name") if first.type == "object" else None
        if not dialect.named_functions or function is None:
            return None
        return (named and string(named)) or text(function.child_by_field_name("name")) or COMPUTED
    literal = string(first)
    if literal is None and given[1:] and function is not None:
        # it(suite, "adds", () => { … })
        literal = string(given[1])
    if literal is None and function is not None:
        return COMPUTED
    # Without a name or a function it is test.skip(condition) inside a test.
    return literal


def _statuses(options: dict[str, Node], dialect: Dialect) -> Iterator[str]:
    """Yield the options that are on whatever happens: ``true``, or the reason for it."""
    yield from (key for key in dialect.options if key in options and _is_on(options[key]))


def _is_on(value: Node) -> bool:
    return value.type == "true" or bool(string(value))


def _pairs(options: Node) -> Iterator[tuple[str, Node]]:
    for part in options.named_children:
        key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
        if part.type == "pair" and key is not None and value is not None:
            yield string(key) or text(key), value
        elif part.type == "method_definition":
            yield text(part.child_by_field_name("name")), part
