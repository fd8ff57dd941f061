"""What the types of a Kotlin file derive from."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.syntax import child_of_type, text


def superclasses(declaration: Node) -> Iterator[str]:
    """Yield the last part of the name of each class whose constructor a type is declared with."""
    specifiers = child_of_type(declaration, "delegation_specifiers")
    for specifier in [] if specifiers is None else specifiers.named_children:
        call = child_of_type(specifier, "constructor_invocation")
        named = None if call is None else child_of_type(call, "user_type")
        if named is not None:
            # Type arguments may follow.
            yield next((text(part) for part in reversed(named.named_children) if part.type == "identifier"), "")
