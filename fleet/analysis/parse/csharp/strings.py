"""Reads strings of C#, those put together of several included."""

import re
import sys
import textwrap
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.syntax import MAX_DEPTH, text, without_comments

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U00[0-9a-fA-F]{6}|x[0-9a-fA-F]{1,4}|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}


def string(node: Node) -> str | None:
    """Return the text that an expression of literals alone stands for."""
    parts: list[str] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if len(parts) > MAX_DEPTH:
            return None
        match part.type:
            case "string_literal":
                parts.append(_ESCAPE.sub(_unescape, text(part)[1:].removesuffix('"')))
            case "verbatim_string_literal":
                parts.append(text(part)[2:].removesuffix('"').replace('""', '"'))
            case "raw_string_literal":
                parts.append(textwrap.dedent(text(part).strip('"')).strip())
            case "binary_expression" | "parenthesized_expression":
                pending.extend(reversed(without_comments(part)))
            case _:
                return None
    return "".join(parts)


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if escape[0] not in "uUx" or len(escape) == 1:
        return _LETTERS.get(escape, escape)
    code = int(escape[1:], 16)
    return chr(code) if code <= sys.maxunicode else match[0]
