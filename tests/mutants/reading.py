"""Reads a file of sql/functions as words with their places, so that a mutant can be cut out of it."""

import re
from collections.abc import Iterator, Sequence

import msgspec

_WORDS = re.compile(
    r"""
    (?P<comment>--[^\n]*)
    | (?P<string>'(?:[^']|'')*')
    | (?P<word>[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<mark>:=|=>|->>|->|<=|>=|<>|\|\||::|!~|\$\d|\$\$|\S)
    """,
    re.VERBOSE | re.IGNORECASE,
)

# What a condition may begin with, and what ends it outside any brackets of its own.
_BEGINS = {"where", "on", "when", "if", "elsif", "having"}
_CLAUSES = "order group limit for returning union except having window join left cross where into set from using"
_ENDS = frozenset(("then loop when else end ; , $$ " + _CLAUSES).split())
_OPENS = {"(": ")", "[": "]", "case": "end"}


class Word(msgspec.Struct, frozen=True):
    """*nest* is the brackets it stands in: where each of them was opened."""

    text: str
    start: int
    end: int
    nest: tuple[int, ...] = ()


class Span(msgspec.Struct, frozen=True):
    """Words from *first* to before *last*."""

    first: int
    last: int


class Reading:
    """A file's words, its conditions, lists and statements."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = _nested(_words(text))
        dollars = [number for number, word in enumerate(self.words) if word.text == "$$"]
        self.header = Span(0, dollars[0])
        self.body = Span(dollars[0] + 1, dollars[1])

    def cut(self, span: Span) -> str:
        return self.text[self.words[span.first].start : self.words[span.last - 1].end]

    def place(self, span: Span) -> tuple[int, int]:
        return self.words[span.first].start, self.words[span.last - 1].end

    def at(self, number: int) -> str:
        return self.words[number].text if 0 <= number < len(self.words) else ""

    def each(self, *texts: str) -> Iterator[int]:
        """Where one of these words stands in the body."""
        return (number for number in range(self.body.first, self.body.last) if self.words[number].text in texts)

    def until(self, number: int, ends: frozenset[str]) -> Span:
        """From *number* to before the first of *ends* in the same brackets, or the brackets' own end."""
        nest = self.words[number].nest
        last = number
        while last < self.body.last and len(self.words[last].nest) >= len(nest):
            if self.words[last].nest == nest and self._is_end(last, ends):
                break
            last += 1
        return Span(number, last)

    def split(self, span: Span, *marks: str) -> list[Span]:
        """Cut *span* at *marks* outside of brackets; the and of a between is none."""
        nest = self.words[span.first].nest
        parts = []
        first = span.first
        between = False
        for number in range(span.first, span.last):
            word = self.words[number]
            if word.nest != nest:
                continue
            if word.text == "between":
                between = True
            elif word.text == "and" and between:
                between = False
            elif word.text in marks:
                parts.append(Span(first, number))
                first = number + 1
        return [*parts, Span(first, span.last)]

    def conditions(self) -> Iterator[tuple[str, Span]]:
        """Every condition, and the word that leads it."""
        for number in self.each(*_BEGINS):
            before, after = self.at(number - 1), self.at(number + 1)
            if before in {"end", "exception"} or (after, self.at(number)) == ("conflict", "on"):
                continue
            yield self.at(number), self.until(number + 1, _ENDS)

    def inside(self, number: int) -> Span:
        """What stands in the brackets that open at *number*."""
        nest = self.words[number].nest
        last = number + 1
        while len(self.words[last].nest) > len(nest):
            last += 1
        return Span(number + 1, last)

    def statements(self) -> Iterator[Span]:
        """Every plain statement of a plpgsql body, with its semicolon."""
        for number in self.each(";"):
            if self.words[number].nest == ():
                first = number
                while self.at(first - 1) not in {";", "begin", "then", "else", "loop", "declare", "$$"} or (
                    self.words[first - 1].nest != ()
                ):
                    first -= 1
                yield Span(first, number + 1)

    def _is_end(self, number: int, ends: frozenset[str]) -> bool:
        # left(text, 64) is a function, and "is distinct from" no clause.
        text = self.at(number)
        if text == "left" and self.at(number + 1) == "(":
            return False
        return text in ends and not (text == "from" and self.at(number - 1) == "distinct")


def _words(text: str) -> Iterator[re.Match[str]]:
    return (found for found in _WORDS.finditer(text) if found.lastgroup != "comment")


def _nested(found: Iterator[re.Match[str]]) -> Sequence[Word]:
    """The words with the brackets they stand in; an opening and a closing one stand outside of their own."""
    words: list[Word] = []
    opened: list[tuple[int, str]] = []
    for match in found:
        text = match[0].lower() if match.lastgroup == "word" else match[0]
        if opened and opened[-1][1] == text:
            opened.pop()
        words.append(Word(text, match.start(), match.end(), tuple(start for start, _ in opened)))
        if text in _OPENS:
            opened.append((match.start(), _OPENS[text]))
    return words
