"""The first paragraph of an outline: what there is, where most of it is, and what is not run."""

from collections import Counter
from collections.abc import Sequence

from fleet.specgen.document import Case, Domain, Status, Subject, count_tests

_LARGEST = 3
_MEANINGS: dict[Status, str] = {"skipped": "skipped", "todo": "still to be written", "xfail": "expected to fail"}
_NAMES = {"javascript": "JavaScript", "typescript": "TypeScript", "jsx": "JavaScript", "tsx": "TypeScript", "go": "Go"}


def overview_of(subject: Subject, cases: Sequence[Case], domains: Sequence[Domain]) -> str:
    files = len({case.file for case in cases})
    features = sum(len(domain.features) for domain in domains)
    sentences = [
        f"{subject.repo} has {_count(len(cases), 'test')} in {_count(files, 'file')}, {_written_in(cases)}.",
        f"They describe {_count(features, 'feature')} in {_count(len(domains), 'area')}{_largest(domains)}.",
        _not_run(cases),
    ]
    return " ".join(filter(None, sentences))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _written_in(cases: Sequence[Case]) -> str:
    kinds = Counter((_NAMES.get(case.language, case.language.capitalize()), case.framework) for case in cases)
    ordered = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    return "written in " + _listed([f"{language} ({framework})" for language, framework in ordered])


def _largest(domains: Sequence[Domain]) -> str:
    if len(domains) == 1:
        return ""
    sizes = {domain.name: count_tests(domain) for domain in domains}
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:_LARGEST]
    return f"; the largest are {_listed([f'{name} ({sizes[name]:,})' for name in largest])}"


def _not_run(cases: Sequence[Case]) -> str:
    statuses = Counter(case.status for case in cases)
    facts = [f"{statuses[status]:,} {meaning}" for status, meaning in _MEANINGS.items() if statuses[status]]
    return f"Not all of it is shown to work: {_listed(facts)}." if facts else ""
