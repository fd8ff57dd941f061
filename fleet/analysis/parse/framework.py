"""A framework as the child knows it: its facts, and how its files are read."""

from collections.abc import Callable
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.detect.scope import Names
from fleet.analysis.parse.outline import Outline


class Framework(NamedTuple):
    """*read* outlines a file from the root of its syntax tree, *read_by* by the names that a configuration sets."""

    facts: Facts
    read: Callable[[Node], Outline]
    read_by: Callable[[Node, Names], Outline] | None = None
