"""Takes the calls of a JavaScript file apart."""

from tree_sitter import Node

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function_declaration", "generator_function"})


def arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    if given is None or given.type != "arguments":
        return []
    return [argument for argument in given.named_children if argument.type != "comment"]


def is_function(node: Node) -> bool:
    return node.type in _FUNCTIONS


def callback(given: list[Node]) -> Node | None:
    """Return the last function among the arguments, one wrapped in a call such as ``fakeAsync(() => …)`` included."""
    for argument in reversed(given):
        if is_function(argument):
            return argument
        if argument.type == "call_expression":
            wrapped = next((inner for inner in arguments(argument) if is_function(inner)), None)
            if wrapped is not None:
                return wrapped
    return None
