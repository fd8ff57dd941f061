"""What features are called, so that no two of one domain have the same name."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from fleet.specgen.document import Case, Place
from fleet.specgen.outline.domains import Part
from fleet.specgen.outline.features import Group
from fleet.specgen.outline.paths import Location, folder_title, readable
from fleet.specgen.outline.sentence import MEMBER, OWNER, suite_name
from fleet.specgen.outline.text import compact, one_line, unique
from fleet.specgen.outline.words import sentence_of, words_of
from fleet.specgen.wording import Wording

_LONGEST_NAME = 120
_TITLE_PARTS = re.compile(r": | / ")
_MEMBERS = re.compile(r"(?=[.#])")
_CONSTANT = re.compile(r"(?:::)?[A-Z]\w*(?:::[A-Z]\w*)+")


def titles_of(
    groups: Sequence[Group],
    cases: Sequence[Case],
    locations: Mapping[str, Location],
    parts: Mapping[str, Part],
    *,
    project: str,
    wording: Wording,
) -> dict[Group, str]:
    """Name each group as shortly as its domain allows: the suite, the file, then as many folders as it takes."""
    firsts: dict[Group, Case] = {}
    shared: dict[Group, tuple[str, ...]] = {}
    for group, case in zip(groups, cases, strict=True):
        firsts.setdefault(group, case)
        shared[group] = _common(shared.get(group, case.suites), case.suites)
    siblings: dict[str, list[Group]] = {}
    for group in firsts:
        siblings.setdefault(group.domain, []).append(group)
    result: dict[Group, str] = {}
    for domain, members in siblings.items():
        files = Counter(group.path for group in members)
        last = domain.rsplit(" / ", 1)[-1]
        choices = [
            _Choices(
                group, shared[group], firsts[group].language, locations[group.path], parts[group.path], project
            ).all(wording, alone=files[group.path] == 1)
            if group.path is not None
            else [wording.other if len(members) > 1 else last]
            for group in members
        ]
        result |= dict(zip(members, unique(_shortest_apart(choices)), strict=True))
    return result


def shown_in(place: Place, case: Case) -> int:
    """Count the suites around *case*, from the outside, that its domain and feature name already."""
    title = place.feature
    parts = [*_TITLE_PARTS.split(title), *_TITLE_PARTS.split(place.domain)]
    named = {compact(name) for name in (title, *parts, *_MEMBERS.split(title))}
    for depth, suite in enumerate(case.suites):
        name = compact(suite_name(suite, case.language))
        if name and name not in named and not (_CONSTANT.fullmatch(suite) and name.endswith(compact(parts[0]))):
            return depth
    return len(case.suites)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if one == other:
        return one
    length = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


class _Choices(NamedTuple):
    """What one group may be called."""

    group: Group
    shared: tuple[str, ...]
    language: str
    location: Location
    part: Part
    project: str

    def all(self, wording: Wording, *, alone: bool) -> list[str]:
        """List the names, the shortest first."""
        suite = self._suite()
        folders = [readable(folder) for folder in self.location.folders]
        subject = self._subject() or (folders[-1] if folders else readable(self.project))
        inner = f": {suite}" if suite and not alone else ""
        qualified = [f"{' / '.join([*folders[-depth:], subject])}{inner}" for depth in range(1, len(folders) + 1)]
        by_kind = [f"{subject}{inner} ({wording.kinds[self.location.kind]})"] if self.location.kind else []
        # Without a suite the file's subject counts twice, so that of equals the one named by a suite gives way first.
        choices = [
            suite or f"{subject}{inner}",
            f"{subject}{inner}",
            *by_kind,
            *qualified,
            f"{self._parent()}{subject}{inner}",
        ]
        topic = f": {sentence_of(words_of(self.group.topic))}" if self.group.topic else ""
        return [one_line(f"{choice}{topic}", longest=_LONGEST_NAME) or subject for choice in choices]

    def _parent(self) -> str:
        """Name the folder that the file is in, also one that says nothing of what is tested."""
        *_, parent, _ = ("", *(self.group.path or "").split("/"))
        return f"{readable(parent)} / " if parent else ""

    def _subject(self) -> str:
        return folder_title(self.location.stem, self.part.head) if self.part.head else self.location.subject

    def _suite(self) -> str:
        if not self.group.suite:
            return ""
        members = list(takewhile(MEMBER.match, self.shared[1:])) if OWNER.fullmatch(self.group.suite) else []
        title = self._without_namespace(self.group.suite, plain=bool(members)) + "".join(members)
        inner = one_line(suite_name(self.group.inner, self.language), longest=_LONGEST_NAME // 2)
        return (
            f"{title}: {inner}"
            if inner and compact(inner) != compact(title) and not MEMBER.match(self.group.inner)
            else title
        )

    def _without_namespace(self, suite: str, *, plain: bool) -> str:
        """Drop the project's own name from a Ruby constant: in sidekiq, Sidekiq::Web is "Web"."""
        if not _CONSTANT.fullmatch(suite):
            return one_line(suite) if plain else suite_name(suite, self.language)
        segments = suite.removeprefix("::").split("::")
        own = {compact(self.project), *map(compact, self.part.title.split(" / "))}
        dropped = 0
        for count in range(1, len(segments)):
            if compact("".join(segments[:count])) in own or compact(segments[count - 1]) in own:
                dropped = count
        return "::".join(segments[dropped:])


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
