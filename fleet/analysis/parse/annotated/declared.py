"""Types and methods with the marks they carry: Java's and Kotlin's annotations, C#'s attributes."""

from collections.abc import Mapping
from typing import NamedTuple

from tree_sitter import Node

# What is written as a string or as true or false; of everything else only that it is there.
Value = str | bool | None


class Mark(NamedTuple):
    """*name* is the last part of a dotted name; *values* are by name, the first without a name under ""."""

    name: str
    node: Node
    values: Mapping[str, Value]


class Declared(NamedTuple):
    """A type, which has a *body*, or a method, which has none here: nothing inside it declares a test."""

    node: Node
    name: str
    body: Node | None
    marks: tuple[Mark, ...]
    is_public: bool = True
    returns: bool = False

    def mark(self, *names: str) -> Mark | None:
        """Return the first mark that has one of *names*."""
        return next((mark for mark in self.marks if mark.name in names), None)

    def marked(self, *names: str) -> bool:
        return self.mark(*names) is not None
