"""Takes the items of a Rust file apart."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.syntax import child_of_type, descend, text


def attribute_name(item: Node) -> str:
    """Return the path of an attribute, without what it is given: ``tokio::test``."""
    attribute = child_of_type(item, "attribute")
    return "" if attribute is None or not attribute.named_child_count else text(attribute.named_child(0))


def macro_of(node: Node) -> Node | None:
    """Return the macro call that *node* is, with or without a semicolon behind it."""
    if node.type == "expression_statement" and node.named_child_count:
        node = node.named_children[0]
    return node if node.type == "macro_invocation" else None


def token_groups(node: Node) -> Iterator[Node]:
    """Yield every bracketed group of tokens in *node*, which a macro takes or makes."""
    return (inner for inner in descend(node, lambda _: True) if inner.type == "token_tree")
