"""Reads string literals of JavaScript."""

import re
import sys
from typing import Final

from tree_sitter import Node

from fleet.analysis.parse.syntax import text

_SURROGATES: Final = range(0xD800, 0xE000)
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}


def string(node: Node) -> str | None:
    """Return the text that a literal stands for; a template keeps its placeholders as they are written."""
    match node.type:
        case "string":
            return _ESCAPE.sub(_unescape, _inside(node))
        case "template_string":
            return _inside(node).replace("\\`", "`")
        case _:
            return None


def _inside(node: Node) -> str:
    quoted = text(node)
    return quoted[1:].removesuffix(quoted[:1])


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if escape[0] in "ux" and len(escape) > 1:
        code = int(escape[1:].strip("{}"), 16)
        # Half of a surrogate pair is left as written: joining pairs is not worth it in a name.
        return match[0] if code > sys.maxunicode or code in _SURROGATES else chr(code)
    return _LETTERS.get(escape, escape)
