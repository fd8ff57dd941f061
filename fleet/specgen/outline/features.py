"""The tests of a domain → features: a file, or a suite that is large enough to be one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fleet.specgen.document import Case
from fleet.specgen.outline.paths import Location, readable
from fleet.specgen.outline.sentence import suite_name
from fleet.specgen.outline.text import one_line, unique

# In a file of at least so many tests, suites of at least so many stand by themselves.
_LARGE_FILE = 15
_LARGE_SUITE = 3

_LONGEST_NAME = 120


class Group(NamedTuple):
    """Tests that are one feature: those of *path*, or of its outermost *suite*."""

    path: str
    suite: str


def groups_of(cases: Sequence[Case]) -> list[Group]:
    """Return the group of each case, in the order of *cases*."""
    files = Counter(case.path for case in cases)
    suites = Counter(Group(case.path, _outermost(case)) for case in cases)
    return [_group(case, files, suites) for case in cases]


def names_of(
    groups: Mapping[Group, str], locations: Mapping[str, Location], languages: Mapping[str, str]
) -> dict[Group, str]:
    """Name each group so that no two of one domain have the same name; *groups* gives each its domain.

    A name is as short as that allows: the suite, the file, then as many folders as it takes.
    """
    domains: dict[str, list[Group]] = {}
    for group, domain in groups.items():
        domains.setdefault(domain, []).append(group)
    result: dict[Group, str] = {}
    for siblings in domains.values():
        files = Counter(group.path for group in siblings)
        choices = [
            _choices(group, locations[group.path], languages[group.path], alone=files[group.path] == 1)
            for group in siblings
        ]
        result |= dict(zip(siblings, unique(_shortest_apart(choices)), strict=True))
    return result


def _outermost(case: Case) -> str:
    return case.suites[0] if case.suites else ""


def _group(case: Case, files: Counter[str], suites: Counter[Group]) -> Group:
    group = Group(case.path, _outermost(case))
    tests, inside = files[case.path], suites[group]
    alone = inside == tests
    # A function of Go that has sub-tests is a suite too, but still one test to its author.
    large = tests >= _LARGE_FILE and inside >= _LARGE_SUITE and case.language != "go"
    return group if group.suite and (alone or large) else Group(case.path, "")


def _choices(group: Group, location: Location, language: str, *, alone: bool) -> list[str]:
    """List what *group* may be called, the shortest first."""
    suite = suite_name(group.suite, language) if group.suite else ""
    folders = [readable(folder) for folder in location.folders]
    subject = location.subject or (folders[-1] if folders else "General")
    inner = f": {suite}" if suite and not alone else ""
    qualified = [f"{' / '.join([*folders[-depth:], subject])}{inner}" for depth in range(1, len(folders) + 1)]
    by_kind = [f"{subject}{inner} ({location.kind.lower()})"] if location.kind else []
    # Without a suite the file's subject counts twice, so that of equals the one named by a suite gives way first.
    choices = [suite or f"{subject}{inner}", f"{subject}{inner}", *by_kind, *qualified, f"{group.path}{inner}"]
    return [one_line(choice, longest=_LONGEST_NAME) or subject for choice in choices]


def _shortest_apart(choices: Sequence[Sequence[str]]) -> list[str]:
    """Give each its first choice, and those that collide their next one, until nobody has another."""
    levels = [0] * len(choices)
    while True:
        names = [options[level] for options, level in zip(choices, levels, strict=True)]
        taken = Counter(name.casefold() for name in names)
        colliding = [
            index
            for index, name in enumerate(names)
            if taken[name.casefold()] > 1 and levels[index] + 1 < len(choices[index])
        ]
        if not colliding:
            return names
        for index in colliding:
            levels[index] += 1
