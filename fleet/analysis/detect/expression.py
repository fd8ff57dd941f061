"""Searches paths for regular expressions from strangers, in time linear in both.

Knows what people write to name files: literals, ``.``, classes, groups, ``|``, ``* + ? {2,3}``, ``^`` and ``$``.
"""

import re
from functools import lru_cache
from typing import Final

from fleet.analysis.detect.automaton import ANY, CLASS, END, NONE_OF, START, Machine, spell

# Longer and deeper ones are not read, nor are those that look ahead or behind or refer back.
_MAX_LENGTH: Final = 500
_MAX_DEPTH: Final = 20
_MAX_REPEATS: Final = 20

_COUNT = re.compile(r"\{(\d{1,3})(?:(,)(\d{1,3})?)?\}")
_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \t\n\r\f\v"}
_SPECIAL: Final = {".": NONE_OF, "^": START, "$": END}
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


class _UnreadError(Exception):
    """The expression is more than this module knows; never leaves it."""


class _Compiler:
    """Reads an expression from left to right; what stands in brackets by calling itself, to a bounded depth."""

    def __init__(self, expression: str) -> None:
        self._text = expression
        self._place = 0
        self.machine = Machine()

    def compile(self) -> int:
        """Return the state in which the expression has been found."""
        self.machine.step(0, ANY, 0)
        end = self._alternatives(self.machine.then(0, ""), 0)
        if self._place < len(self._text):
            raise _UnreadError
        self.machine.step(end, ANY, end)
        return end

    def _next(self, length: int = 1) -> str:
        return self._text[self._place : self._place + length]

    def _take(self) -> str:
        character = self._next()
        if not character or self.machine.is_full:
            raise _UnreadError
        self._place += 1
        return character

    def _alternatives(self, at: int, depth: int) -> int:
        if depth > _MAX_DEPTH:
            raise _UnreadError
        end = self.machine.state()
        while True:
            self.machine.step(self._sequence(self.machine.then(at, ""), depth), "", end)
            if self._next() != "|":
                return end
            self._take()

    def _sequence(self, at: int, depth: int) -> int:
        while self._next() not in ("", "|", ")"):
            at = self._repeated(at, depth)
        return at

    def _repeated(self, at: int, depth: int) -> int:
        """Read a piece and how often it may stand; once more for each time it has to."""
        written = self._place
        start = self.machine.then(at, "")
        end = self._piece(start, depth)
        least, most = self._count()
        after = self._place
        for _ in range(1, least):
            start = self.machine.then(end, "")
            end = self._again(written, start, depth)
        out = self.machine.then(end, "")
        if least == 0:
            self.machine.step(start, "", out)
        if most is None:
            self.machine.step(end, "", start)
        for _ in range(max(least, 1), most or 0):
            end = self._again(written, self.machine.then(end, ""), depth)
            self.machine.step(end, "", out)
        self._place = after
        return out

    def _again(self, written: int, start: int, depth: int) -> int:
        self._place = written
        return self._piece(start, depth)

    def _count(self) -> tuple[int, int | None]:
        match = _COUNT.match(self._text, self._place)
        if match is not None:
            self._place = match.end()
            least = int(match[1])
            most = (int(match[3]) if match[3] else None) if match[2] else least
            if max(least, most or 0) > _MAX_REPEATS or most == 0:
                raise _UnreadError
        elif self._next() and self._next() in "*+?":
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[self._take()]
        else:
            return 1, 1
        if self._next() == "?":
            self._take()  # Lazy or not, the same paths are found.
        return least, most

    def _piece(self, at: int, depth: int) -> int:
        match character := self._take():
            case "(":
                return self._group(at, depth)
            case "[":
                symbol = self._class()
            case "\\":
                symbol = self._escape()
            case "*" | "+" | "?":
                raise _UnreadError
            case _:
                symbol = _SPECIAL.get(character, character)
        return self.machine.then(at, symbol)

    def _group(self, at: int, depth: int) -> int:
        if self._next(2) == "?:":
            self._place += 2
        elif self._next() == "?":
            raise _UnreadError
        end = self._alternatives(at, depth + 1)
        if self._take() != ")":
            raise _UnreadError
        return end

    def _escape(self) -> str:
        escaped = self._take()
        if escaped.lower() in _CLASSES:
            return (CLASS if escaped.islower() else NONE_OF) + spell(_CLASSES[escaped.lower()])
        if escaped.isalnum() and escaped not in _CONTROLS:
            raise _UnreadError
        return _CONTROLS.get(escaped, escaped)

    def _class(self) -> str:
        negated = self._next() == "^"
        if negated:
            self._take()
        inner = ""
        allowed = ""
        while (character := self._take()) != "]":
            if character == "\\":
                # Spelled at once: an escaped hyphen makes no range.
                symbol = self._escape()
                if symbol[0] == NONE_OF:
                    raise _UnreadError
                allowed += symbol.removeprefix(CLASS)
            else:
                inner += character
        return (NONE_OF if negated else CLASS) + allowed + spell(inner)


@lru_cache(maxsize=512)
def _compile(expression: str) -> tuple[Machine, int] | None:
    if len(expression) > _MAX_LENGTH:
        return None
    compiler = _Compiler(expression)
    try:
        return compiler.machine, compiler.compile()
    except _UnreadError:
        return None


def is_readable(expression: str) -> bool:
    return _compile(expression) is not None


def is_found(expression: str, path: str) -> bool:
    """Tell whether *expression* is found in *path*; one that cannot be read is found nowhere."""
    compiled = _compile(expression)
    return compiled is not None and compiled[0].accepts(f"{START}{path}{END}", compiled[1])
