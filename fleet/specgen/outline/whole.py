"""A whole outline without a job: for examples, benchmarks and tests."""

from collections.abc import Sequence

from fleet.specgen.document import Behaviour, Case, Document, Domain, Feature, Place, Subject, count_tests
from fleet.specgen.outline.writer import Outline


async def outline_of(subject: Subject, cases: Sequence[Case], *, language: str = "English") -> Document:
    """Write the document that a job would save for these *cases*."""
    outline = Outline()
    members: dict[Place, list[Case]] = {}
    for place, case in zip(await outline.classify(subject, cases, language), cases, strict=True):
        members.setdefault(place, []).append(case)
    features: dict[str, list[Feature]] = {}
    for place, together in members.items():
        sentences = await outline.describe(place, together, language)
        behaviours = tuple(map(_behaviour, together, sentences))
        features.setdefault(place.domain, []).append(Feature(place.feature, behaviours))
    domains = [Domain(name, tuple(each)) for name, each in features.items()]
    domains.sort(key=lambda domain: (-count_tests(domain), domain.name))
    return Document(
        subject=subject,
        language=language,
        model=outline.name,
        prompt_version=outline.prompt_version,
        overview=await outline.summarise(subject, cases, domains, language),
        domains=tuple(domains),
    )


def _behaviour(case: Case, sentence: str) -> Behaviour:
    return Behaviour(
        sentence=sentence, file=case.file, test=case.test, path=case.path, line=case.line, status=case.status
    )
