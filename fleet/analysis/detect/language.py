"""A language, by its paths: which files are written in it, and which of those may hold tests."""

from collections.abc import Callable
from typing import NamedTuple

from fleet.analysis.detect.location import Location


class Language(NamedTuple):
    """*is_candidate* sees only files with one of the *extensions*."""

    name: str
    extensions: frozenset[str]
    is_candidate: Callable[[Location], bool]
