"""The first telling word of a test's name."""

import re
from collections.abc import Sequence

from fleet.specgen.outline.text import one_line
from fleet.specgen.outline.words import words_of

_SILENT_WORDS = """
a an the is are be it its that this test tests testing should must shall will can cannot could does do did not no non
when if given with without for from to on in of and or after before while all any each every only also always never
get set has have new use uses using try issue bug fix
"""
_SILENT = frozenset(_SILENT_WORDS.split())
_WORDS_READ = 8


def topic_of(name: str, *, about: Sequence[str]) -> str:
    """Return the first word of *name* that says something which *about* does not; empty when there is none."""
    known = _SILENT | {_stem(word) for text in about for word in _words(text)}
    words = [_stem(word) for word in _words(name)[:_WORDS_READ]]
    return next((word for word in words if word not in known and len(word) > 1 and not word[0].isdigit()), "")


def _words(text: str) -> list[str]:
    return [word.lower() for piece in re.findall(r"\w+", one_line(text)) for word in words_of(piece)]


def _stem(word: str) -> str:
    """Return the singular: "cookies" and "cookie" are one topic."""
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")  # noqa: PLR2004  # "its" and "was" are none
    return word[:-1] if plural else word
