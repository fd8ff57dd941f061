"""The outline: a document from paths, suites and names alone, the same one every time."""

from collections.abc import Sequence

from anyio import lowlevel, to_thread

from fleet.specgen.document import Case, Domain, Place, Subject
from fleet.specgen.outline.domains import domains_of
from fleet.specgen.outline.features import groups_of, names_of
from fleet.specgen.outline.overview import overview_of
from fleet.specgen.outline.paths import locate
from fleet.specgen.outline.sentence import behaviour
from fleet.specgen.outline.text import unique

# So many sentences take a few milliseconds; then the event loop has its turn.
_AT_ONCE = 500


class Outline:
    """Needs no network and no key. Its sentences are English, whatever language is asked for."""

    name = "outline"
    prompt_version = "1"

    async def classify(self, subject: Subject, cases: Sequence[Case]) -> list[Place]:
        # A million tests take ten seconds, in which the worker has to keep its lease.
        return await to_thread.run_sync(_places, subject, cases)

    async def describe(self, _place: Place, cases: Sequence[Case], _language: str) -> list[str]:
        named_by_suite = len({case.suites[:1] for case in cases}) == 1
        sentences: list[str] = []
        for start in range(0, len(cases), _AT_ONCE):
            await lowlevel.checkpoint()
            sentences += [
                behaviour(case.name, case.suites[1:] if named_by_suite else case.suites, case.language)
                for case in cases[start : start + _AT_ONCE]
            ]
        return unique(sentences)

    async def summarise(
        self, subject: Subject, cases: Sequence[Case], domains: Sequence[Domain], _language: str
    ) -> str:
        return overview_of(subject, cases, domains)


def _places(subject: Subject, cases: Sequence[Case]) -> list[Place]:
    paths = {case.path: case.language for case in cases}
    locations = {path: locate(path) for path in paths}
    domains = domains_of(locations, project=subject.repo)
    groups = groups_of(cases)
    names = names_of({group: domains[group.path] for group in groups}, locations, paths)
    return [Place(domains[group.path], names[group]) for group in groups]
