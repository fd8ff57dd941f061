"""Matches paths against globs from strangers, in time linear in both.

Knows ``*``, ``**``, ``?``, ``[a-z]``, ``{a,b}`` and the groups ``?(a|b)``, ``*(…)``, ``+(…)``, ``@(…)``. Python's own
regular expressions backtrack, so a hostile glob could hang them; here a set of positions moves over the path instead.
``!(…)`` is read as ``*``.
"""

from functools import lru_cache
from typing import NamedTuple

# Longer globs, and globs that come to more states, match nothing: nobody writes them by hand.
_MAX_LENGTH = 500
_MAX_STATES = 2000


class _Step(NamedTuple):
    """One edge: take a character that *symbol* allows, or none at all when it is empty."""

    symbol: str
    target: int


class _Machine:
    """A non-deterministic automaton; state 0 is the start."""

    def __init__(self) -> None:
        self.steps: list[list[_Step]] = [[]]

    def state(self) -> int:
        self.steps.append([])
        return len(self.steps) - 1

    def step(self, source: int, symbol: str, target: int) -> None:
        self.steps[source].append(_Step(symbol, target))

    def then(self, source: int, symbol: str) -> int:
        target = self.state()
        self.step(source, symbol, target)
        return target

    def closure(self, states: set[int]) -> set[int]:
        pending = list(states)
        while pending:
            for symbol, target in self.steps[pending.pop()]:
                if not symbol and target not in states:
                    states.add(target)
                    pending.append(target)
        return states

    def accepts(self, text: str, end: int) -> bool:
        states = self.closure({0})
        for character in text:
            states = self.closure(
                {target for state in states for symbol, target in self.steps[state] if _allows(symbol, character)}
            )
            if not states:
                return False
        return end in states


# A symbol is a character itself, or one of these: ordinary paths hold no control characters.
_ANY = "\x01"  # any character
_PART = "\x02"  # any character but the separator
_CLASS = "\x03"  # followed by the characters allowed
_OTHERS = "\x04"  # followed by the characters not allowed


def _allows(symbol: str, character: str) -> bool:
    match symbol[:1]:
        case "":
            return False
        case "\x01":
            return True
        case "\x02":
            return character != "/"
        case "\x03":
            return character in symbol[1:]
        case "\x04":
            return character != "/" and character not in symbol[1:]
        case _:
            return symbol == character


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
        self.machine = _Machine()
        self.groups: list[_Group] = []
        self.at = 0

    def compile(self) -> tuple[_Machine, int] | None:
        while self.place < len(self.glob):
            if len(self.machine.steps) > _MAX_STATES:
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
            self.machine.step(self.at, _PART, self.at)
            self._move(self.at, 1)
            self.at = self.machine.then(self.at, "")
        elif rest[0] == "[" and "]" in rest[2:]:
            self._character_class(rest)
        elif rest[0] == "\\" and len(rest) > 1:
            self._move(self.machine.then(self.at, rest[1]), 2)
        else:
            self._move(self.machine.then(self.at, _PART if rest[0] == "?" else rest[0]), 1)

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
            self.machine.step(anything, _PART, anything)
            self.machine.step(anything, "", group.end)
        self._move(self.machine.then(group.end, ""), 1)

    def _any_folders(self, rest: str) -> None:
        stars = len(rest) - len(rest.lstrip("*"))
        self.at = self.machine.then(self.at, "")
        after = self.machine.state()
        inside = self.machine.then(self.at, "")
        self.machine.step(inside, _ANY, inside)
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
        self._move(self.machine.then(self.at, (_OTHERS if negated else _CLASS) + _spell(inner[negated:])), close + 1)


def _spell(inner: str) -> str:
    """Write the ranges of a character class out; a range as wide as the alphabet is cut at 256 characters."""
    characters: list[str] = []
    place = 0
    while place < len(inner):
        if inner[place + 1 : place + 2] == "-" and place + 2 < len(inner):
            first, last = ord(inner[place]), ord(inner[place + 2])
            characters.extend(chr(code) for code in range(first, min(last, first + 255) + 1))
            place += 3
        else:
            characters.append(inner[place])
            place += 1
    return "".join(characters)


@lru_cache(maxsize=512)
def _compile(glob: str) -> tuple[_Machine, int] | None:
    if len(glob) > _MAX_LENGTH:
        return None
    return _Compiler(glob.removeprefix("./")).compile()


def glob_matches(glob: str, path: str) -> bool:
    """Tell whether the whole of *path* matches *glob*; a glob that cannot be read matches nothing."""
    compiled = _compile(glob)
    return compiled is not None and compiled[0].accepts(path, compiled[1])
