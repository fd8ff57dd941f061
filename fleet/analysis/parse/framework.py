"""A framework as the child knows it: its facts, and how its files are read."""

from collections.abc import Callable
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.outline import Outline


class Framework(NamedTuple):
    """*read* outlines a file from the root of its syntax tree; a framework without it is told apart but not read."""

    facts: Facts
    read: Callable[[Node], Outline] | None = None
