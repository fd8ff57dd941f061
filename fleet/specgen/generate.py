"""Writes a specification document: load, classify, describe, summarise, save."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import anyio
import msgspec

from fleet.db import Connection, Pool
from fleet.errors import FleetError, IncompleteDocument, ModelUnusable
from fleet.specgen.arrange import arranged
from fleet.specgen.document import (
    Behaviour,
    Case,
    Document,
    Domain,
    Feature,
    Place,
    Subject,
    count_features,
)
from fleet.specgen.language import language_of
from fleet.specgen.model import Writing
from fleet.specgen.store import Saved, load_cases, load_subject, require_sight, require_user, save
from fleet.telemetry import span

FirstT = TypeVar("FirstT")
SecondT = TypeVar("SecondT")

Progress = Callable[[int, int | None, str], Awaitable[None]]
Finish = Callable[[Connection, Saved], Awaitable[None]]
Begin = Callable[[Subject], Writing]

# A document of which the model wrote less than that is none of its.
_MOST_STAND_INS = 0.5


async def generate(
    pool: Pool,
    begin: Begin,
    *,
    analysis_id: int,
    user_id: int | None,
    language: str,
    force: bool,
    progress: Progress,
    finish: Finish,
) -> Saved:
    """Save the document of an analysis, and *finish* in the same transaction; raises SpecificationError.

    What the end will need is checked first: language, analysis and user. A model that is to be paid *begins* only then.
    """
    language = language_of(language)
    subject, cases = await _load(pool, analysis_id, user_id)
    model = (writing := begin(subject)).model

    await progress(0, len(cases), "classify")
    with span("classify"):
        places = await model.classify(subject, cases, language)
    with span("describe"):
        domains = await _describe(writing, cases, places, language, progress)
    await progress(len(cases), len(cases), "summarise")
    with span("summarise"):
        overview = await model.summarise(subject, cases, domains, language)
    document = Document(
        subject=subject,
        language=language,
        model=model.name,
        prompt_version=model.prompt_version,
        overview=overview,
        domains=domains,
    )
    stand_ins = _require_model(document)
    bill = await writing.bill()

    await progress(len(cases), len(cases), "save")
    with span("save"):
        async with pool.transaction() as connection:
            kept = await save(connection, document, user_id=user_id, force=force)
            await finish(connection, saved := msgspec.structs.replace(kept, stand_ins=stand_ins, bill=bill))
    return saved


async def _load(pool: Pool, analysis_id: int, user_id: int | None) -> tuple[Subject, list[Case]]:
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        subject = await load_subject(connection, analysis_id)
        await require_user(connection, user_id)
        await require_sight(connection, analysis_id, user_id)
        return subject, await load_cases(connection, subject)


async def _describe(
    writing: Writing, cases: Sequence[Case], places: Sequence[Place], language: str, progress: Progress
) -> tuple[Domain, ...]:
    features: dict[Place, list[Case]] = {}
    for place, case in _paired(places, cases):
        features.setdefault(place, []).append(case)
    waiting = iter(list(features.items()))
    described: dict[Place, Feature] = {}
    failures: list[FleetError] = []
    done = 0

    async def describe_some() -> None:
        nonlocal done
        # What others have asked by now is paid for, so a failure lets it come to its end and begins nothing more.
        for place, members in waiting:
            await progress(done, len(cases), "describe")
            try:
                sentences = await writing.model.describe(place, members, language)
                behaviours = tuple(_behaviour(case, text) for case, text in _paired(members, sentences))
            except FleetError as failure:
                failures.append(failure)
            if failures:
                return
            described[place] = Feature(place.feature, behaviours, place in writing.stand_ins)
            done += len(members)

    async with anyio.create_task_group() as describing:
        for _ in range(writing.at_once):
            describing.start_soon(describe_some)
    if failures:
        raise failures[0]
    return arranged([(place, described[place]) for place in features], language)


def _require_model(document: Document) -> int:
    """Return how many features had a stand-in; raises ModelUnusable when it is most of them."""
    features = [feature for domain in document.domains for feature in domain.features]
    stand_ins = sum(feature.stand_in for feature in features)
    if stand_ins > _MOST_STAND_INS * len(features):
        raise ModelUnusable(
            "the model failed for most of the document", features=count_features(document), failed=stand_ins
        )
    return stand_ins


def _paired(one: Sequence[FirstT], other: Sequence[SecondT]) -> Iterator[tuple[FirstT, SecondT]]:
    """Pair what was asked with what was answered; raises IncompleteDocument when the model miscounted."""
    if len(one) != len(other):
        raise IncompleteDocument("the model did not answer once for every test", numbers=[len(one), len(other)])
    return zip(one, other, strict=True)


def _behaviour(case: Case, sentence: str) -> Behaviour:
    return Behaviour(
        sentence=sentence, file=case.file, test=case.test, path=case.path, line=case.line, status=case.status
    )
