"""Breaks one guard of a function at a time: pure text, and the same mutants in every run.

The settings of the planner are none: they change what a function costs, and not what it does.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from tests.mutants.reading import Reading, Span

_OTHER_COMPARISON = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_OTHER_SIGN = {"+": "-", "-": "+"}
_OTHER_STRING = {
    "'ready'": "'scheduled'",
    "'scheduled'": "'ready'",
    "'arriving'": "'ready'",
    "'held'": "'ready'",
    "'running'": "'ready'",
    "'active'": "'waiting'",
    "'waiting'": "'active'",
    "'skip'": "'replace'",
    "'replace'": "'debounce'",
    "'failed'": "'lost'",
    "'lost'": "'failed'",
    "'cancelled'": "'lost'",
    "'done'": "'cancelled'",
    "'interrupted'": "'snoozed'",
    "'snoozed'": "'interrupted'",
}
_LOCK = re.compile(r"for (?:no key update|update|key share)(?: of \w+)?( skip locked)?")
_ORDER_ENDS = frozenset(["limit", "for", "returning", "loop", "on", ";", "union", "filter"])
_STEPS = ("perform", "insert", "update", "delete")


class Mutant(msgspec.Struct, frozen=True):
    """A function with one guard broken; *name* says which, and stays the same when other lines change."""

    function: str
    operator: str
    name: str
    text: str


class _Edit(msgspec.Struct, frozen=True):
    what: str
    place: tuple[int, int]
    new: str


def mutants_of(function: str, text: str) -> list[Mutant]:
    """Every mutant of the text of ``sql/functions/<function>.sql``, in the order of the operators."""
    reading = Reading(text)
    seen: Counter[str] = Counter()
    mutants: dict[str, Mutant] = {}
    for operator in _OPERATORS:
        for edit in operator(reading):
            start, end = edit.place
            mutated = f"{text[:start]}{edit.new}{text[end:]}"
            if mutated == text or mutated in mutants:
                continue
            name = f"{function}: {edit.what}"
            seen[name] += 1
            if seen[name] > 1:
                name = f"{name} ({seen[name]})"
            mutants[mutated] = Mutant(function, operator.__name__.removeprefix("_"), name, mutated)
    return list(mutants.values())


def _short(text: str) -> str:
    """One line that a name can hold."""
    line = " ".join(re.sub(r"--[^\n]*", "", text).split())
    return line if len(line) <= 90 else f"{line[:60]} … {line[-27:]}"


def _without(reading: Reading, span: Span, new: str = "") -> _Edit:
    return _Edit(f"without {_short(reading.cut(span))}", reading.place(span), new)


def _for(reading: Reading, span: Span, new: str) -> _Edit:
    return _Edit(f"{_short(new)} for {_short(reading.cut(span))}", reading.place(span), new)


def _around(reading: Reading, number: int) -> str:
    """A word with its neighbours, to say which one is meant."""
    first = max(reading.body.first, number - 3)
    last = min(reading.body.last, number + 4)
    return _short(reading.cut(Span(first, last)))


def _word(reading: Reading, number: int, new: str) -> _Edit:
    return _Edit(
        f"{new} for {reading.at(number)} in {_around(reading, number)}", reading.place(Span(number, number + 1)), new
    )


def _conditions(reading: Reading) -> Iterator[_Edit]:
    """Drops each condition of a chain, and negates or drops one that stands alone."""
    for lead, span in reading.conditions():
        chain = list(_chain(reading, span))
        yield from chain
        if lead in {"where", "on", "having"}:
            if not chain:
                yield _without(reading, span, "true")
        else:
            yield _without(reading, span, "false")
            if not chain:
                negated = f"not ({reading.cut(span)})"
                yield _Edit(_short(negated), reading.place(span), negated)


def _chain(reading: Reading, span: Span) -> Iterator[_Edit]:
    if span.first >= span.last:
        return
    for marks, nothing in ((("or",), "false"), (("and",), "true")):
        parts = reading.split(span, *marks)
        if len(parts) > 1:
            for part in parts:
                yield _without(reading, part, nothing)
                yield from _chain(reading, part)
            return
    inside = reading.inside(span.first) if reading.at(span.first) == "(" else span
    if inside.last == span.last - 1 and reading.at(inside.first) != "select":
        yield from _chain(reading, inside)


def _comparisons(reading: Reading) -> Iterator[_Edit]:
    for number in reading.each(*_OTHER_COMPARISON):
        yield _word(reading, number, _OTHER_COMPARISON[reading.at(number)])


def _signs(reading: Reading) -> Iterator[_Edit]:
    for number in reading.each(*_OTHER_SIGN):
        if reading.at(number + 1) == "1":
            yield _word(reading, number + 1, "0")
        elif re.match(r"[\w)'$]", reading.at(number - 1)):
            yield _word(reading, number, _OTHER_SIGN[reading.at(number)])


def _strings(reading: Reading) -> Iterator[_Edit]:
    for number in reading.each(*_OTHER_STRING):
        yield _word(reading, number, _OTHER_STRING[reading.at(number)])


def _locks(reading: Reading) -> Iterator[_Edit]:
    first, last = reading.place(reading.body)
    for found in _LOCK.finditer(reading.text, first, last):
        if "--" in reading.text[reading.text.rindex("\n", 0, found.start()) : found.start()]:
            continue
        what = f"{found[0]} after {' '.join(reading.text[: found.start()].split()[-4:])}"
        yield _Edit(f"without {what}", found.span(), "")
        if found[1]:
            yield _Edit(f"no skip locked in {what}", found.span(1), "")


def _orders(reading: Reading) -> Iterator[_Edit]:
    """Turns the first key around, and swaps the first two; without any, an index gives the right order by luck."""
    for number in reading.each("order"):
        keys = reading.until(number + 2, _ORDER_ENDS)
        if keys.first >= keys.last:
            continue
        parts = reading.split(keys, ",")
        first = reading.cut(parts[0])
        reverse = first.removesuffix(" desc") if first.endswith(" desc") else f"{first} desc"
        yield _for(reading, parts[0], reverse)
        if len(parts) > 1:
            swapped = [reading.cut(part) for part in (parts[1], parts[0], *parts[2:])]
            yield _for(reading, keys, ", ".join(swapped))


def _limits(reading: Reading) -> Iterator[_Edit]:
    """Limits of one are left alone: they say that there is one, or that one is enough to know."""
    for number in reading.each("limit"):
        if reading.at(number + 1) != "1":
            yield _without(reading, reading.until(number, frozenset({"for", ";"})))


def _fallbacks(reading: Reading) -> Iterator[_Edit]:
    """Takes each argument of a coalesce, least or greatest for all of it."""
    for number in reading.each("coalesce", "least", "greatest"):
        if reading.at(number + 1) != "(":
            continue
        inside = reading.inside(number + 1)
        parts = reading.split(inside, ",")
        for part in parts[:1] if reading.at(number) == "coalesce" else parts:
            yield _for(reading, Span(number, inside.last + 1), f"({reading.cut(part)})")


def _unset(reading: Reading) -> Iterator[_Edit]:
    for number in reading.each("set"):
        parts = reading.split(reading.until(number + 1, frozenset({"from", "where", "returning", ";", "on"})), ",")
        for place, part in enumerate(parts):
            if len(parts) > 1:
                whole = Span(part.first, part.last + 1) if place == 0 else Span(part.first - 1, part.last)
                yield _Edit(f"without {_short(reading.cut(part))}", reading.place(whole), "")


def _distinct(reading: Reading) -> Iterator[_Edit]:
    for number in reading.each("distinct"):
        if reading.at(number + 1) != "from":
            yield _Edit(f"without distinct in {_around(reading, number)}", reading.place(Span(number, number + 1)), "")


def _statements(reading: Reading) -> Iterator[_Edit]:
    if "language plpgsql" not in reading.cut(reading.header):
        return
    body = max(number for number in reading.each("begin") if not reading.words[number].nest)
    for span in reading.statements():
        step = reading.at(span.first)
        if span.first > body and (step in _STEPS or reading.at(span.first + 1) == ":="):
            yield _without(reading, span, "null;")


_OPERATORS: tuple[Callable[[Reading], Iterator[_Edit]], ...] = (
    _conditions,
    _comparisons,
    _signs,
    _strings,
    _locks,
    _orders,
    _limits,
    _fallbacks,
    _unset,
    _distinct,
    _statements,
)
