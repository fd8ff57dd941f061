"""Matches a text against a pattern from strangers, in time linear in both.

Python's own regular expressions backtrack, so a hostile pattern could hang them; here a set of positions moves over the
text instead.
"""

from typing import Final, NamedTuple

# Patterns that come to more states match nothing: nobody writes them by hand.
MAX_STATES: Final = 2000

# What is remembered of one pattern, which may come to sets of MAX_STATES each.
_MAX_MOVES: Final = 500

# A symbol is a character itself, or one of these: ordinary paths hold no control characters.
ANY: Final = "\x01"  # any character
PART: Final = "\x02"  # any character but the separator
CLASS: Final = "\x03"  # followed by the characters allowed
OTHERS: Final = "\x04"  # followed by the characters not allowed, to which the separator counts
NONE_OF: Final = "\x05"  # followed by the characters not allowed, to which the edges count
# Put around a text whose beginning and end a pattern can ask for.
START: Final = "\x06"
END: Final = "\x07"


class _Step(NamedTuple):
    """One edge: take a character that *symbol* allows, or none at all when it is empty."""

    symbol: str
    target: int


class Machine:
    """A non-deterministic automaton; state 0 is the start. No step may be added once it has been asked."""

    def __init__(self) -> None:
        self._steps: list[list[_Step]] = [[]]
        # Where a character led before: the paths of a repository are much alike.
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    @property
    def is_full(self) -> bool:
        return len(self._steps) > MAX_STATES

    def state(self) -> int:
        self._steps.append([])
        return len(self._steps) - 1

    def step(self, source: int, symbol: str, target: int) -> None:
        self._steps[source].append(_Step(symbol, target))

    def then(self, source: int, symbol: str) -> int:
        target = self.state()
        self.step(source, symbol, target)
        return target

    def accepts(self, text: str, end: int) -> bool:
        states = self._closure({0})
        for character in text:
            states = self._move(states, character)
            if not states:
                return False
        return end in states

    def _move(self, states: frozenset[int], character: str) -> frozenset[int]:
        known = self._moves.get((states, character))
        if known is not None:
            return known
        moved = self._closure(
            {target for state in states for symbol, target in self._steps[state] if _allows(symbol, character)}
        )
        if len(self._moves) == _MAX_MOVES:
            self._moves.clear()
        self._moves[states, character] = moved
        return moved

    def _closure(self, states: set[int]) -> frozenset[int]:
        pending = list(states)
        while pending:
            for symbol, target in self._steps[pending.pop()]:
                if not symbol and target not in states:
                    states.add(target)
                    pending.append(target)
        return frozenset(states)


def _allows(symbol: str, character: str) -> bool:
    listed = character in symbol[1:]
    match symbol[:1]:
        case "\x01":
            allowed = True
        case "\x02":
            allowed = character != "/"
        case "\x03":
            allowed = listed
        case "\x04":
            allowed = character != "/" and not listed
        case "\x05":
            allowed = character not in (START, END) and not listed
        case _:
            allowed = symbol == character
    return allowed


def spell(inner: str) -> str:
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
