"""The tests of a domain → features: a file, or a suite that is large enough to be one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fleet.specgen.document import Case
from fleet.specgen.outline.domains import Part
from fleet.specgen.outline.paths import Location
from fleet.specgen.outline.sentence import suite_name
from fleet.specgen.outline.text import compact
from fleet.specgen.outline.topics import topic_of

# In a file of at least so many tests, suites of at least so many stand by themselves.
_LARGE_FILE = 15
_LARGE_SUITE = 3
# A suite of more is divided by the suites in it that are of some size.
_VERY_LARGE_SUITE = 60
_LARGE_INNER_SUITE = 5
# What is still larger is divided by the words its tests begin with, where that leaves groups of some size.
_FAR_TOO_LARGE = 100
_MANY_OF_ONE_TOPIC = 6
_SHARE_OF_ONE_TOPIC = 0.05
# So many files of one test each, in one domain, are one feature.
_MANY_SINGLES = 3


class Group(NamedTuple):
    """Tests that are one feature: those of *path*, or of its *suite*; without a path, the single ones of the domain."""

    domain: str
    path: str | None = None
    suite: str = ""
    inner: str = ""
    topic: str = ""


def groups_of(cases: Sequence[Case], locations: Mapping[str, Location], parts: Mapping[str, Part]) -> list[Group]:
    """Return the group of each case, in the order of *cases*."""
    files = Counter(case.path for case in cases)
    singles = Counter(parts[path].title for path, tests in files.items() if tests == 1)
    outermost = _outermost(cases)
    suites = Counter((case.path, suite) for case, suite in zip(cases, outermost, strict=True))
    inner = Counter((case.path, suite, suite_at(case, 1)) for case, suite in zip(cases, outermost, strict=True))
    groups: list[Group] = []
    for case, suite in zip(cases, outermost, strict=True):
        path, domain = case.path, parts[case.path].title
        if files[path] == 1 and singles[domain] >= _MANY_SINGLES:
            groups.append(Group(domain))
        elif not _stands_alone(suite, case.language, files[path], suites[path, suite], locations[path]):
            groups.append(Group(domain, path))
        else:
            within = suite_at(case, 1)
            divided = suites[path, suite] > _VERY_LARGE_SUITE and inner[path, suite, within] >= _LARGE_INNER_SUITE
            groups.append(Group(domain, path, suite, within if divided else ""))
    return _by_topic(groups, cases)


def _outermost(cases: Sequence[Case]) -> list[str]:
    """Return the outermost suite of each case; of suites of a file that are named alike, the first stands for all."""
    names: dict[tuple[str, str], str] = {}
    firsts: dict[tuple[str, str], str] = {}
    found: list[str] = []
    for case in cases:
        suite = suite_at(case, 0)
        written = (suite, case.language)
        if written not in names:
            names[written] = compact(suite_name(*written))
        found.append(firsts.setdefault((case.path, names[written]), suite) if names[written] else "")
    return found


def _by_topic(groups: Sequence[Group], cases: Sequence[Case]) -> list[Group]:
    sizes = Counter(groups)
    topics = [
        group._replace(topic=_topic(case)) if sizes[group] > _FAR_TOO_LARGE else group
        for group, case in zip(groups, cases, strict=True)
    ]
    counts = Counter(topics)
    return [
        topic if _is_topic(counts[topic], sizes[group]) else group for group, topic in zip(groups, topics, strict=True)
    ]


def _topic(case: Case) -> str:
    return topic_of(case.name, about=(*case.suites[:1], case.path.rsplit("/", 1)[-1]))


def _is_topic(tests: int, of: int) -> bool:
    # More than half of them is what the whole is about.
    return max(_MANY_OF_ONE_TOPIC, _SHARE_OF_ONE_TOPIC * of) <= tests <= of / 2


def suite_at(case: Case, depth: int) -> str:
    return case.suites[depth] if len(case.suites) > depth else ""


def _stands_alone(suite: str, language: str, tests: int, inside: int, location: Location) -> bool:
    if not suite:
        return False
    if inside == tests:
        return True
    # A function of Go that has sub-tests is a suite too, but still one test to its author.
    large = tests >= _LARGE_FILE and inside >= _LARGE_SUITE and language != "go"
    return large and compact(suite_name(suite, language)) != compact(location.subject)
