"""A whole outline without a job: for examples, benchmarks and tests."""

from collections.abc import Sequence

from fleet.specgen.arrange import arranged
from fleet.specgen.document import Behaviour, Case, Document, Feature, Place, Subject
from fleet.specgen.outline.writer import Outline


async def outline_of(subject: Subject, cases: Sequence[Case], *, language: str = "English") -> Document:
    """Write the document that a job would save for these *cases*."""
    outline = Outline()
    members: dict[Place, list[Case]] = {}
    for place, case in zip(await outline.classify(subject, cases, language), cases, strict=True):
        members.setdefault(place, []).append(case)
    described: list[tuple[Place, Feature]] = []
    for place, together in members.items():
        sentences = await outline.describe(place, together, language)
        described.append((place, Feature(place.feature, tuple(map(_behaviour, together, sentences)))))
    domains = arranged(described, language)
    return Document(
        subject=subject,
        language=language,
        model=outline.name,
        prompt_version=outline.prompt_version,
        overview=await outline.summarise(subject, cases, domains, language),
        domains=domains,
    )


def _behaviour(case: Case, sentence: str) -> Behaviour:
    return Behaviour(
        sentence=sentence, file=case.file, test=case.test, path=case.path, line=case.line, status=case.status
    )
