"""What is known about a test framework before any of its files is read."""

from enum import IntEnum
from functools import cache

import msgspec


class Rank(IntEnum):
    """Who is asked first; a lower rank is asked earlier, equal ranks by name."""

    SPECIALISED = 1  # its signals cannot mean anything else
    END_TO_END = 2
    GENERIC = 3


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The signals by which files of one framework are told from those of the others.

    *imports* and *markers* are names, in which ``*`` stands for anything.
    *suffixes* end the names of files that belong to the framework whatever is in them.
    *shared* are markers that other frameworks use too: they say something only if no framework's own markers are there.
    *guesses* are markers that make a file a test file only if there are tests in it.
    *exceptions* are imports that say nothing although *imports* covers them.
    *usual* are globs for the files in which it looks for tests although their names alone do not make them tests.
    """

    name: str
    languages: frozenset[str]
    rank: Rank = Rank.GENERIC
    imports: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()


def covers(patterns: tuple[str, ...], name: str) -> bool:
    """Tell whether *name* is one of *patterns*, in which ``*`` stands for anything."""
    plain, others = _sorted(patterns)
    return name in plain or any(_matches(pattern, name) for pattern in others)


@cache
def _sorted(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the names among *patterns*, and those that stand for several; there are as many as frameworks say."""
    return (
        frozenset(pattern for pattern in patterns if "*" not in pattern),
        tuple(pattern for pattern in patterns if "*" in pattern),
    )


def _matches(pattern: str, name: str) -> bool:
    first, *middle, last = pattern.split("*")
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    place, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True
