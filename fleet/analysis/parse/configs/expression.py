"""Reads the regular expressions that are really paths as globs."""

import re

# What people write to leave folders out; anything richer is not read, so that it leaves nothing out.
_PLAIN = re.compile(r"(?:[\w/ @:%,~-]|\\[./\-]|\.\*|\.)*")
_PIECES = re.compile(r"\\(?P<literal>.)|(?P<anything>\.\*)|(?P<any>\.)|(?P<plain>[^\\.]+)")


def glob_of(expression: str) -> str | None:
    """Return a glob for paths that *expression* is found in, or None if it is more than a path.

    ``<rootDir>`` at its beginning ties it to the folder the paths are seen from.
    """
    rest = expression.removeprefix("<rootDir>")
    anchored = rest != expression
    ended = rest.endswith("$") and not rest.endswith("\\$")
    rest = rest.removesuffix("$") if ended else rest
    if not rest or not _PLAIN.fullmatch(rest):
        return None
    glob = "".join(_piece(match) for match in _PIECES.finditer(rest))
    # A path is seen here without the slash in front of it that the expression may ask for.
    floating = "**/" if glob.startswith("/") else "**"
    return ("" if anchored else floating) + glob.lstrip("/") + ("" if ended else "**")


def _piece(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "anything":
            return "**"
        case "any":
            return "?"
        case _:
            return match[0].removeprefix("\\")
