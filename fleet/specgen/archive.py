"""Saved documents, read back."""

from itertools import groupby

from fleet.db import Connection, Row
from fleet.specgen.document import Behaviour, Document, Domain, Feature
from fleet.specgen.store import subject_of
from fleet.sql import statement


async def fetch_document(connection: Connection, document_id: int) -> Document | None:
    """Return a saved document as it was written, or None when there is none or it is being removed."""
    head = await connection.fetchrow(statement("specgen/document"), document_id)
    if head is None:
        return None
    rows = await connection.fetch(statement("specgen/behaviours"), document_id, head["analysis_id"])
    return Document(
        subject=subject_of(head, analysis=head["analysis_id"]),
        language=head["language"],
        model=head["model"],
        prompt_version=head["prompt_version"],
        overview=head["overview"],
        domains=_domains(rows),
    )


def _domains(rows: list[Row]) -> tuple[Domain, ...]:
    return tuple(
        Domain(name, _features(list(members)))
        for (_, name), members in groupby(rows, key=lambda row: (row["domain"], row["domain_name"]))
    )


def _features(rows: list[Row]) -> tuple[Feature, ...]:
    return tuple(
        Feature(name, tuple(map(_behaviour, members)), stand_in)
        for (_, name, stand_in), members in groupby(
            rows, key=lambda row: (row["feature"], row["feature_name"], row["stand_in"])
        )
    )


def _behaviour(row: Row) -> Behaviour:
    return Behaviour(
        sentence=row["sentence"],
        file=row["file"],
        test=row["test"],
        path=row["path"],
        line=row["line"],
        status=row["status"],
    )
