"""Reads what the call of a C++ macro is given from the text behind its name, as the preprocessor does."""

import re
from typing import Final

from fleet.analysis.parse.names import decode

# What declares a test says so in the first few arguments, and in less text than this.
_MAX_BYTES: Final = 4000
_MAX_ARGUMENTS: Final = 4
_MAX_DEPTH: Final = 16
_TOKEN = re.compile(
    rb"""
    (?P<blank> \s+ | // [^\n]* | /\* .*? \*/ )
    | (?P<raw> R"(?P<mark>[^\s()\\]{0,16})\( .*? \)(?P=mark)" )
    | (?P<whole> "(?: \\. | [^"\\] )*" | '(?: \\. | [^'\\\n] )+' | \w+ )
    | (?P<open> [(\[{] ) | (?P<close> [)\]}] ) | (?P<comma> , ) | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_LITERAL = re.compile(r'R"(?P<mark>[^\s()\\]{0,16})\((?P<raw>.*?)\)(?P=mark)"|"(?P<plain>(?:\\.|[^"\\])*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def arguments(source: bytes, place: int) -> list[str] | None:
    """Return the first arguments of the call whose name ends at *place*, or None if nothing is called there.

    Commas divide them wherever they stand but in brackets, ``<`` and ``>`` are none.
    """
    given: list[list[bytes]] = [[]]
    depth = 0
    for match in _TOKEN.finditer(source, place, min(len(source), place + _MAX_BYTES)):
        kind = match.lastgroup
        if kind == "blank":
            given[-1].append(b" ")
            continue
        if (depth == 0 and match[0] != b"(") or depth > _MAX_DEPTH:
            return None
        depth += {"open": 1, "close": -1}.get(kind or "", 0)
        if depth == 0 or len(given) > _MAX_ARGUMENTS:
            return [decode(b"".join(parts).strip()) for parts in given if parts]
        if kind == "comma" and depth == 1:
            given.append([])
        elif depth > 1 or kind != "open":
            given[-1].append(match[0])
    return None


def literal(argument: str) -> str | None:
    """Return the text of an argument that begins with a string literal, or with several side by side."""
    parts: list[str] = []
    place = 0
    while (match := _LITERAL.match(argument, place)) is not None:
        raw = match["raw"]
        parts.append(
            _ESCAPE.sub(lambda found: _LETTERS.get(found[1], found[1]), match["plain"]) if raw is None else raw
        )
        place = match.end()
        place += len(argument[place:]) - len(argument[place:].lstrip())
    return "".join(parts) if parts else None
