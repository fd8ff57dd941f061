"""Matches paths against globs from strangers, in time linear in both.

Knows ``*``, ``**``, ``?``, ``[a-z]``, ``{a,b}`` and the groups ``?(a|b)``, ``*(…)``, ``+(…)``, ``@(…)``.
``!(…)`` is read as ``*``.
"""

from functools import lru_cache
from typing import NamedTuple

from fleet.analysis.detect.automaton import ANY, CLASS, OTHERS, PART, Machine, spell

# Longer globs, and globs that come to more states, match nothing: nobody writes them by hand.
_MAX_LENGTH = 500


class _Group(NamedTuple):
    """An open bracket: where it began, where its alternatives meet, and what ends and divides it."""

    kind: str
    start: int
    end: int

    @property
    def divider(self) -> str:
        return "," if self.kind == "{" else "|"

    @property
    def closer(self) -> str:
        return "}" if self.kind == "{" else ")"


class _Compiler:
    """Reads a glob from left to right; brackets that are open stand on a stack of its own."""

    def __init__(self, glob: str) -> None:
        self.glob = glob
        self.place = 0
        self.machine = Machine()
        self.groups: list[_Group] = []
        self.at = 0

    def compile(self) -> tuple[Machine, int] | None:
        while self.place < len(self.glob):
            if self.machine.is_full:
                return None
            self._take()
        return None if self.groups else (self.machine, self.at)

    def _take(self) -> None:
        rest = self.glob[self.place :]
        if rest[0] in "?*+@!" and rest[1:2] == "(":
            self._open(rest[0], 2)
        elif rest[0] == "{" and "}" in rest:
            self._open("{", 1)
        elif self.groups and rest[0] in (self.groups[-1].divider, self.groups[-1].closer):
            self._divide_or_close(rest[0])
        elif rest.startswith("**"):
            self._any_folders(rest)
        elif rest[0] == "*":
            self.machine.step(self.at, PART, self.at)
            self._move(self.at, 1)
            self.at = self.machine.then(self.at, "")
        elif rest[0] == "[" and "]" in rest[2:]:
            self._character_class(rest)
        elif rest[0] == "\\" and len(rest) > 1:
            self._move(self.machine.then(self.at, rest[1]), 2)
        else:
            self._move(self.machine.then(self.at, PART if rest[0] == "?" else rest[0]), 1)

    def _move(self, state: int, characters: int) -> None:
        self.at = state
        self.place += characters

    def _open(self, kind: str, characters: int) -> None:
        start = self.machine.then(self.at, "")
        end = self.machine.state()
        self.groups.append(_Group(kind, start, end))
        self._move(self.machine.then(start, ""), characters)

    def _divide_or_close(self, character: str) -> None:
        group = self.groups[-1]
        self.machine.step(self.at, "", group.end)
        if character == group.divider:
            self._move(self.machine.then(group.start, ""), 1)
            return
        self.groups.pop()
        if group.kind in "?*":
            self.machine.step(group.start, "", group.end)
        if group.kind in "*+":
            self.machine.step(group.end, "", group.start)
        if group.kind == "!":
            anything = self.machine.then(group.start, "")
            self.machine.step(anything, PART, anything)
            self.machine.step(anything, "", group.end)
        self._move(self.machine.then(group.end, ""), 1)

    def _any_folders(self, rest: str) -> None:
        stars = len(rest) - len(rest.lstrip("*"))
        self.at = self.machine.then(self.at, "")
        after = self.machine.state()
        inside = self.machine.then(self.at, "")
        self.machine.step(inside, ANY, inside)
        self.machine.step(self.at, "", after)
        if rest[stars : stars + 1] == "/":
            self.machine.step(inside, "/", after)
            stars += 1
        else:
            self.machine.step(inside, "", after)
        self._move(after, stars)

    def _character_class(self, rest: str) -> None:
        close = rest.index("]", 2)
        inner = rest[1:close]
        negated = inner[:1] in ("!", "^")
        self._move(self.machine.then(self.at, (OTHERS if negated else CLASS) + spell(inner[negated:])), close + 1)


@lru_cache(maxsize=512)
def _compile(glob: str) -> tuple[Machine, int] | None:
    if len(glob) > _MAX_LENGTH:
        return None
    return _Compiler(glob.removeprefix("./")).compile()


def glob_matches(glob: str, path: str) -> bool:
    """Tell whether the whole of *path* matches *glob*; a glob that cannot be read matches nothing."""
    compiled = _compile(glob)
    return compiled is not None and compiled[0].accepts(path, compiled[1])
