"""Which parts of a sentence are names of the code."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_NAME = r"[A-Za-z_$][\w$]*"
_CODE = re.compile(
    r"`[^`]+`"
    r"|(?<![\w-])--?[a-z][\w-]*(?![\w.])"  # options
    rf"|(?<![\w.#])[.#]?{_NAME}(?:(?:\.|::|\#){_NAME})*(?!\((?:s|es)\))\([^()]{{0,60}}\)"  # calls
    rf"|(?<![\w.#])(?:::)?{_NAME}(?:::{_NAME})+(?:[.#]{_NAME})?"  # names with their namespaces
    rf"|(?<![\w.#])(?:[A-Z]\w*#|[.#]){_NAME}[?!]?(?![\w.])"  # members
    r"|(?<![\w$])\$[A-Za-z_]\w*"  # variables
    rf"|(?<![\w./@])[a-z_$][\w$]*(?:\.{_NAME})+(?![\w./(])"  # members of something
    r"|(?<![\w.])[a-z][a-z0-9]*[A-Z][A-Za-z0-9]*(?![\w.])"  # camelCase
    r"|(?<![\w.])[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+(?![\w.])"  # CamelCase
    r"|(?<![\w./-])\w*[A-Za-z0-9]_\w+(?![\w/-])|(?<!\w)__\w+__(?!\w)"  # snake_case
)
# Written so outside of code, too.
_PLAIN_WORDS = """
e.g i.e iOS macOS gRPC iPhone iPad eBay OAuth GitHub GitLab JavaScript TypeScript WebSocket WebSockets WebAssembly
PostgreSql YouTube LinkedIn PayPal OpenSsl McDonald
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())


class Span(NamedTuple):
    """A part of a sentence; *code* is shown as it is spelled, in the type of code."""

    text: str
    code: bool


def spans(sentence: str) -> Iterator[Span]:
    """Divide *sentence*; backquotes around code are not part of its text."""
    at = 0
    for match in _CODE.finditer(sentence):
        if match[0] in _PLAIN:
            continue
        if match.start() > at:
            yield Span(sentence[at : match.start()], code=False)
        yield Span(match[0].strip("`"), code=True)
        at = match.end()
    if at < len(sentence):
        yield Span(sentence[at:], code=False)
