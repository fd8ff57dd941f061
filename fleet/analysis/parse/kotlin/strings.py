"""Reads strings of Kotlin, those put together of several included."""

import re
import textwrap
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.syntax import MAX_DEPTH, text, without_comments

LITERALS: Final = frozenset({"string_literal", "multiline_string_literal"})

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b"}


def string(node: Node) -> str | None:
    """Return the text that an expression of literals alone stands for; a template keeps its placeholders."""
    parts: list[str] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if len(parts) > MAX_DEPTH:
            return None
        if part.type == "string_literal":
            parts.append(_ESCAPE.sub(_unescape, text(part)[1:].removesuffix('"')))
        elif part.type == "multiline_string_literal":
            parts.append(textwrap.dedent(text(part)[3:].removesuffix('"""')).strip())
        elif part.type in ("binary_expression", "parenthesized_expression"):
            pending.extend(reversed(without_comments(part)))
        else:
            return None
    return "".join(parts)


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _LETTERS.get(escape, escape)
