"""Numbers beside the words they belong to: versions and references to issues."""

from collections.abc import Sequence

_VERSIONED_NAMES = """
python py php node ruby java go swift rust tls ssl version ver django rails es ecmascript
"""
_VERSIONED = frozenset(_VERSIONED_NAMES.split())
_REFERENCE_WORDS = """
issue issues bug ticket pr regression
"""
_REFERENCES = frozenset(_REFERENCE_WORDS.split())


def join_numbers(words: Sequence[str]) -> list[str]:
    """Return "Python", "3", "11" as "Python 3.11", "HTTP", "1", "1" as "HTTP/1.1", and "issue", "12" as "issue #12"."""
    joined: list[str] = []
    at = 0
    while at < len(words):
        word, numbers = words[at].lower(), _numbers_after(words, at)
        if word in _REFERENCES and numbers:
            joined += [words[at], f"#{numbers[0]}"]
            numbers = numbers[:1]
        elif word == "gh" and numbers:
            joined.append(f"GH-{numbers[0]}")
            numbers = numbers[:1]
        elif word == "http" and len(numbers) == 2:  # noqa: PLR2004  # as its versions have
            joined.append(f"HTTP/{'.'.join(numbers)}")
        elif word in _VERSIONED and len(numbers) > 1:
            joined += [words[at], ".".join(numbers)]
        else:
            joined.append(words[at])
            numbers = []
        at += 1 + len(numbers)
    return joined


def _numbers_after(words: Sequence[str], at: int) -> list[str]:
    end = at + 1
    while end < len(words) and words[end].isdecimal():
        end += 1
    return list(words[at + 1 : end])
