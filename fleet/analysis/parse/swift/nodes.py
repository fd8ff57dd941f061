"""Takes the declarations of a Swift file apart."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.syntax import child_of_type, text


def attribute_name(attribute: Node) -> str:
    """Return the name of an attribute without its module: ``Test`` for ``@Testing.Test``."""
    return text(child_of_type(attribute, "user_type")).rpartition(".")[2]


def attribute(declaration: Node, name: str) -> Node | None:
    modifiers = child_of_type(declaration, "modifiers")
    marks = [] if modifiers is None else modifiers.named_children
    return next((mark for mark in marks if mark.type == "attribute" and attribute_name(mark) == name), None)


def modifiers(declaration: Node) -> frozenset[str]:
    """Return the words before a declaration, such as ``private`` and ``static``."""
    found = child_of_type(declaration, "modifiers")
    return frozenset() if found is None else frozenset(text(each) for each in found.named_children)


def inherited(declaration: Node) -> Iterator[str]:
    """Yield what a type derives from and conforms to, without modules."""
    for child in declaration.named_children:
        if child.type == "inheritance_specifier":
            yield text(child).rpartition(".")[2]


def name_of(declaration: Node) -> str:
    return text(declaration.child_by_field_name("name")).strip("`")


def string(node: Node) -> str:
    """Return the text between the quotes of a literal, however many there are."""
    return text(node).strip("#").strip('"').strip()


def kind_of(declaration: Node) -> str:
    """Return the word that a type is declared with: ``class``, ``struct``, ``extension``."""
    return text(declaration.child_by_field_name("declaration_kind"))


def statements(function: Node) -> list[Node]:
    body = function.child_by_field_name("body")
    block = None if body is None else child_of_type(body, "statements")
    return [] if block is None else block.named_children
