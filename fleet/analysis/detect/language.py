"""A language, by its paths: which files are written in it, and which of those may hold tests."""

from collections.abc import Callable
from typing import NamedTuple

from fleet.analysis.detect.location import Location


class Language(NamedTuple):
    """*is_candidate* sees only files with one of the *extensions*.

    *is_named* tells the candidates that are tests by their names from those that only may be; without it all are.
    """

    name: str
    extensions: frozenset[str]
    is_candidate: Callable[[Location], bool]
    is_named: Callable[[Location], bool] | None = None
