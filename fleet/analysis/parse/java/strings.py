"""Reads strings of Java, those put together of several included."""

import re
import textwrap
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.syntax import MAX_DEPTH, text, without_comments

_ESCAPE = re.compile(r"\\(u+[0-9a-fA-F]{4}|[0-7]{1,3}|\r?\n|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "s": " ", "\n": "", "\r\n": ""}


def string(node: Node) -> str | None:
    """Return the text that an expression of literals alone stands for."""
    parts: list[str] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if len(parts) > MAX_DEPTH:
            return None
        if part.type == "string_literal":
            parts.append(_literal(text(part)))
        elif part.type in ("binary_expression", "parenthesized_expression"):
            pending.extend(reversed(without_comments(part)))
        else:
            return None
    return "".join(parts)


def _literal(quoted: str) -> str:
    if quoted.startswith('"""'):
        inside = textwrap.dedent(quoted[3:].removesuffix('"""').lstrip(" \t").removeprefix("\n"))
    else:
        inside = quoted[1:].removesuffix('"')
    return _ESCAPE.sub(_unescape, inside)


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if escape[0] == "u" and len(escape) > 1:
        return chr(int(escape.lstrip("u"), 16))
    if escape[0] in "01234567":
        return chr(int(escape, 8))
    return _LETTERS.get(escape, escape)
