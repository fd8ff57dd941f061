"""The outline: a document from paths, suites and names alone, the same one every time."""

from collections.abc import Sequence

from anyio import lowlevel, to_thread

from fleet.specgen.document import Case, Domain, Place, Subject
from fleet.specgen.outline.domains import domains_of
from fleet.specgen.outline.features import groups_of
from fleet.specgen.outline.overview import overview_of
from fleet.specgen.outline.paths import locate
from fleet.specgen.outline.sentence import behaviour
from fleet.specgen.outline.text import unique
from fleet.specgen.outline.titles import shown_in, titles_of
from fleet.specgen.wording import Wording, wording_of

# So many sentences take a few milliseconds; then the event loop has its turn.
_AT_ONCE = 500


class Outline:
    """Needs no network and no key. It writes English and German around the names, which it cannot translate."""

    name = "outline"
    prompt_version = "2"

    async def classify(self, subject: Subject, cases: Sequence[Case], language: str = "English") -> list[Place]:
        # A million tests take ten seconds, in which the worker has to keep its lease.
        return await to_thread.run_sync(_places, subject, cases, wording_of(language))

    async def describe(self, place: Place, cases: Sequence[Case], language: str) -> list[str]:
        wording = wording_of(language)
        of_one_file = len({case.path for case in cases}) == 1
        sentences: list[str] = []
        for start in range(0, len(cases), _AT_ONCE):
            await lowlevel.checkpoint()
            sentences += [
                _sentence(case, place, wording, of_one_file=of_one_file) for case in cases[start : start + _AT_ONCE]
            ]
        return unique(sentences)

    async def summarise(self, subject: Subject, cases: Sequence[Case], domains: Sequence[Domain], language: str) -> str:
        return overview_of(subject, cases, domains, wording_of(language))


def _sentence(case: Case, place: Place, wording: Wording, *, of_one_file: bool) -> str:
    if of_one_file:
        return behaviour(case.name, case.suites[shown_in(place, case) :], case.language, wording)
    # Only the file says what a test in company is about, unless its suites do.
    around = "" if case.suites else locate(case.path).subject
    return behaviour(case.name, case.suites, case.language, wording, around=around)


def _places(subject: Subject, cases: Sequence[Case], wording: Wording) -> list[Place]:
    locations = {path: locate(path) for path in dict.fromkeys(case.path for case in cases)}
    parts = domains_of(locations, project=subject.repo, wording=wording)
    groups = groups_of(cases, locations, parts)
    titles = titles_of(groups, cases, locations, parts, project=subject.repo, wording=wording)
    return [Place(group.domain, titles[group]) for group in groups]
