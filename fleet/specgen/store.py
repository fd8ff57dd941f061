"""The inventory a document is written from, and the documents, in the database."""

from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec

from fleet.db import Connection, Row
from fleet.errors import AnalysisNotUsable, IncompleteDocument, InvalidJob
from fleet.specgen.digest import content_hash
from fleet.specgen.document import Case, Document, Subject, count_behaviours, count_features
from fleet.specgen.model import Bill
from fleet.sql import statement

_ROWS_AT_ONCE = 2_000

Record = tuple[object, ...]
Suites = dict[tuple[int, int], tuple[str, ...]]


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """Which document a job ended with; *reused* when the newest version said the same already.

    Of its features, *stand_ins* are those that the model failed for; *bill* is what its requests took.
    """

    document_id: int
    version: int
    reused: bool
    domains: int
    features: int
    behaviours: int
    stand_ins: int = 0
    bill: Bill = Bill()


async def load_subject(connection: Connection, analysis_id: int) -> Subject:
    """Raises AnalysisNotUsable unless there is a whole analysis with tests to write about."""
    row = await connection.fetchrow(statement("specgen/subject"), analysis_id)
    if row is None:
        raise AnalysisNotUsable("there is no such analysis", analysis=analysis_id)
    if not row["completed"]:
        raise AnalysisNotUsable("the analysis is not completed", analysis=analysis_id)
    if not row["tests"]:
        raise AnalysisNotUsable("the analysis found no tests to write about", analysis=analysis_id)
    return subject_of(row, analysis=row["id"])


def subject_of(row: Row, *, analysis: int) -> Subject:
    return Subject(
        analysis=analysis,
        codebase=row["codebase_id"],
        host=row["host"],
        owner=row["owner"],
        repo=row["repo"],
        commit=row["commit"],
        tests=row["tests"],
    )


async def require_user(connection: Connection, user_id: int | None) -> None:
    """Raises InvalidJob when a document could not be saved for *user_id*."""
    if user_id is not None and not await connection.fetchval(statement("specgen/user_exists"), user_id):
        raise InvalidJob("there is no such user - at `$.user_id`", user_id=user_id)


async def require_sight(connection: Connection, analysis_id: int, user_id: int | None) -> None:
    """Raises AnalysisNotUsable for an inventory that may not be shown to *user_id*: its document would show it."""
    if not await connection.fetchval(statement("specgen/may_see"), analysis_id, user_id):
        raise AnalysisNotUsable(
            "the repository is private, and its analysis is not in the user's history", analysis=analysis_id
        )


async def load_cases(connection: Connection, subject: Subject) -> list[Case]:
    """Read every test, file by file, within the caller's transaction; raises AnalysisNotUsable when some are gone."""
    suites: Suites = {}
    async for row in _rows(connection, "specgen/suites", subject.analysis):
        outer = suites[row["file"], row["parent"]] if row["parent"] is not None else ()
        suites[row["file"], row["suite"]] = (*outer, row["name"])
    cases: list[Case] = []
    async for row in _rows(connection, "specgen/cases", subject.analysis):
        # One string for each file, not for each of its tests.
        path = cases[-1].path if cases and cases[-1].file == row["file"] else row["path"]
        cases.append(_case(row, path, suites))
    if len(cases) != subject.tests:
        raise AnalysisNotUsable("the analysis does not hold the tests it counted", analysis=subject.analysis)
    return cases


async def save(connection: Connection, document: Document, *, user_id: int | None, force: bool) -> Saved:
    """Save the next version, or reuse the user's newest one when it says the same and *force* does not ask otherwise.

    Raises AnalysisNotUsable when the analysis is gone by now, and IncompleteDocument unless every test is placed.
    """
    subject = document.subject
    await connection.execute(statement("specgen/lock_codebase"), subject.codebase)
    if await connection.fetchval(statement("specgen/lock_analysis"), subject.analysis) is None:
        raise AnalysisNotUsable("the analysis was removed meanwhile", analysis=subject.analysis)
    digest = content_hash(document)
    newest = await connection.fetchrow(
        statement("specgen/newest_document"), subject.codebase, document.language, user_id
    )
    if newest is not None and newest["content_hash"] == digest and not force:
        await connection.execute(statement("specgen/renew_document"), newest["id"])
        return _saved(newest, document, reused=True)
    inserted = await _insert(connection, document, digest, user_id)
    return _saved(inserted, document, reused=False)


async def _insert(connection: Connection, document: Document, digest: str, user_id: int | None) -> Row:
    subject = document.subject
    row = await connection.fetchrow(
        statement("specgen/insert_document"),
        *(subject.codebase, subject.analysis, user_id, document.language),
        *(document.model, document.prompt_version, digest, document.overview),
    )
    if row is None:
        raise IncompleteDocument("the document was not stored", analysis=subject.analysis)
    domains, features, behaviours = _records(row["id"], document)
    await _copy(connection, "document_domains", ("document_id", "domain", "name"), domains)
    await _copy(connection, "document_features", ("document_id", "feature", "domain", "name", "stand_in"), features)
    columns = ("document_id", "feature", "behaviour", "sentence", "file", "test")
    await _copy(connection, "document_behaviours", columns, behaviours)
    unplaced = await connection.fetchval(statement("specgen/unplaced_tests"), row["id"], subject.analysis)
    if unplaced:
        raise IncompleteDocument("not every test is in exactly one feature", analysis=subject.analysis, tests=unplaced)
    return row


def _records(key: int, document: Document) -> tuple[list[Record], list[Record], list[Record]]:
    domains: list[Record] = []
    features: list[Record] = []
    behaviours: list[Record] = []
    for domain_number, domain in enumerate(document.domains, 1):
        domains.append((key, domain_number, domain.name))
        for feature in domain.features:
            feature_number = len(features) + 1
            features.append((key, feature_number, domain_number, feature.name, feature.stand_in))
            behaviours += (
                (key, feature_number, number, behaviour.sentence, behaviour.file, behaviour.test)
                for number, behaviour in enumerate(feature.behaviours, 1)
            )
    return domains, features, behaviours


async def _copy(connection: Connection, table: str, columns: Sequence[str], records: Iterable[Record]) -> None:
    await connection.copy_records_to_table(table, schema_name="app", columns=list(columns), records=records)


async def _rows(connection: Connection, name: str, *arguments: object) -> AsyncIterator[Row]:
    async for row in connection.cursor(statement(name), *arguments, prefetch=_ROWS_AT_ONCE):
        yield row


def _case(row: Row, path: str, suites: Suites) -> Case:
    return Case(
        file=row["file"],
        test=row["test"],
        path=path,
        language=row["language"],
        framework=row["framework"],
        suites=() if row["suite"] is None else suites[row["file"], row["suite"]],
        name=row["name"],
        status=row["status"],
        line=row["line"],
    )


def _saved(row: Row, document: Document, *, reused: bool) -> Saved:
    return Saved(
        document_id=row["id"],
        version=row["version"],
        reused=reused,
        domains=len(document.domains),
        features=count_features(document),
        behaviours=count_behaviours(document),
    )
