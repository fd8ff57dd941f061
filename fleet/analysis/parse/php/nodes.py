"""Takes the statements and declarations of a PHP file apart."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tree_sitter import Node

from fleet.analysis.parse.syntax import child_of_type, text

# What holds statements that run, and declarations that are made, when the file is loaded.
BLOCKS: Final = frozenset(
    {
        "ERROR",
        "colon_block",
        "compound_statement",
        "declare_statement",
        "else_clause",
        "else_if_clause",
        "for_statement",
        "foreach_statement",
        "if_statement",
        "namespace_definition",
        "program",
    }
)
# A chain of more links declares nothing.
_MAX_LINKS: Final = 24


class Link(NamedTuple):
    """A method that is called on what a function returned."""

    name: str
    arguments: list[Node]


class Chain(NamedTuple):
    """The call of a function, and the calls chained to what it returns, the last first."""

    name: str
    arguments: list[Node]
    links: list[Link]


def chain(statement: Node) -> Chain | None:
    """Return the chain of calls that an expression statement is, if it is one."""
    node = statement.named_children[0] if statement.named_child_count else None
    links: list[Link] = []
    while node is not None and len(links) < _MAX_LINKS:
        if node.type == "function_call_expression":
            return Chain(last_part(text(node.child_by_field_name("function"))), arguments(node), links)
        if node.type == "member_call_expression":
            links.append(Link(text(node.child_by_field_name("name")), arguments(node)))
        elif node.type != "member_access_expression":
            return None
        node = node.child_by_field_name("object")
    return None


def arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    listed = [] if given is None else [each for each in given.named_children if each.type == "argument"]
    return [each.named_children[-1] for each in listed if each.named_child_count]


def attributes(attribute_list: Node) -> Iterator[str]:
    """Yield the names of attributes without their namespaces."""
    for group in attribute_list.named_children:
        for attribute in group.named_children:
            yield last_part(text(child_of_type(attribute, "name", "qualified_name")))


def base_of(declaration: Node) -> str:
    """Return what a class extends, without its namespace; "" if nothing."""
    return last_part(whole_base_of(declaration))


def whole_base_of(declaration: Node) -> str:
    """Return what a class extends as it is written, with a namespace or without; "" if nothing."""
    clause = child_of_type(declaration, "base_clause")
    return "" if clause is None else text(child_of_type(clause, "name", "qualified_name"))


def last_part(name: str) -> str:
    return name.rpartition("\\")[2]
