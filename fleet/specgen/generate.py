"""Writes a specification document: load, classify, describe, summarise, save."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from fleet.db import Connection, Pool
from fleet.errors import IncompleteDocument
from fleet.specgen.document import Behaviour, Case, Document, Domain, Feature, Place, Subject, count_tests
from fleet.specgen.language import language_of
from fleet.specgen.model import Model
from fleet.specgen.store import Saved, load_cases, load_subject, require_user, save

FirstT = TypeVar("FirstT")
SecondT = TypeVar("SecondT")

Progress = Callable[[int, int | None, str], Awaitable[None]]
Finish = Callable[[Connection, Saved], Awaitable[None]]


async def generate(
    pool: Pool,
    model: Model,
    *,
    analysis_id: int,
    user_id: int | None,
    language: str,
    force: bool,
    progress: Progress,
    finish: Finish,
) -> Saved:
    """Save the document of an analysis, and *finish* in the same transaction; raises AnalysisNotUsable.

    What the end will need is checked first: language, analysis and user.
    """
    language = language_of(language)
    subject, cases = await _load(pool, analysis_id, user_id)

    await progress(0, len(cases), "classify")
    places = await model.classify(subject, cases)
    domains = await _describe(model, cases, places, language, progress)
    await progress(len(cases), len(cases), "summarise")
    overview = await model.summarise(subject, cases, domains, language)
    document = Document(
        subject=subject,
        language=language,
        model=model.name,
        prompt_version=model.prompt_version,
        overview=overview,
        domains=domains,
    )

    await progress(len(cases), len(cases), "save")
    async with pool.transaction() as connection:
        saved = await save(connection, document, user_id=user_id, force=force)
        await finish(connection, saved)
    return saved


async def _load(pool: Pool, analysis_id: int, user_id: int | None) -> tuple[Subject, list[Case]]:
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        subject = await load_subject(connection, analysis_id)
        await require_user(connection, user_id)
        return subject, await load_cases(connection, subject)


async def _describe(
    model: Model, cases: Sequence[Case], places: Sequence[Place], language: str, progress: Progress
) -> tuple[Domain, ...]:
    features: dict[Place, list[Case]] = {}
    for place, case in _paired(places, cases):
        features.setdefault(place, []).append(case)
    described: list[tuple[Place, Feature]] = []
    done = 0
    for place, members in features.items():
        await progress(done, len(cases), "describe")
        sentences = await model.describe(place, members, language)
        behaviours = tuple(_behaviour(case, text) for case, text in _paired(members, sentences))
        described.append((place, Feature(place.feature, behaviours)))
        done += len(members)
    return _by_domain(described)


def _by_domain(described: Sequence[tuple[Place, Feature]]) -> tuple[Domain, ...]:
    """Put the largest domain first; its features keep the order of the files they come from."""
    features: dict[str, list[Feature]] = {}
    for place, feature in described:
        features.setdefault(place.domain, []).append(feature)
    domains = [Domain(name, tuple(members)) for name, members in features.items()]
    return tuple(sorted(domains, key=lambda domain: (-count_tests(domain), domain.name)))


def _paired(one: Sequence[FirstT], other: Sequence[SecondT]) -> Iterator[tuple[FirstT, SecondT]]:
    """Pair what was asked with what was answered; raises IncompleteDocument when the model miscounted."""
    if len(one) != len(other):
        raise IncompleteDocument("the model did not answer once for every test", numbers=[len(one), len(other)])
    return zip(one, other, strict=True)


def _behaviour(case: Case, sentence: str) -> Behaviour:
    return Behaviour(
        sentence=sentence, file=case.file, test=case.test, path=case.path, line=case.line, status=case.status
    )
