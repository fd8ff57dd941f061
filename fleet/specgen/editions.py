"""Saved documents, found by what they are of, and what became of their behaviours."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fleet.db import Connection, Row
from fleet.errors import DocumentNotFound
from fleet.specgen.changes import Change, Standing
from fleet.specgen.document import Subject
from fleet.specgen.store import subject_of
from fleet.sql import statement


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A saved document, without what it says."""

    id: int
    version: int
    language: str
    model: str
    user_id: int | None
    created_at: datetime
    subject: Subject


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Documents to look for; None is any."""

    host: str | None = None
    owner: str | None = None
    repo: str | None = None
    language: str | None = None
    version: int | None = None
    user_id: int | None = None


async def fetch_edition(connection: Connection, document_id: int) -> Edition:
    """Raises DocumentNotFound."""
    row = await connection.fetchrow(statement("documents/edition"), document_id)
    if row is None:
        raise DocumentNotFound("there is no such document", document=document_id)
    return _edition(row)


async def find_editions(connection: Connection, wanted: Wanted, *, at_most: int) -> list[Edition]:
    """Return the newest documents that are as *wanted*."""
    arguments = (wanted.host, wanted.owner, wanted.repo, wanted.language, wanted.version, wanted.user_id, at_most)
    return [_edition(row) for row in await connection.fetch(statement("documents/editions"), *arguments)]


async def fetch_changes(connection: Connection, before: Edition, after: Edition) -> list[Change]:
    """Return what became of the behaviours; raises DocumentNotFound for documents of two repositories."""
    if before.subject.codebase != after.subject.codebase:
        raise DocumentNotFound(
            "the documents are of two repositories, which have nothing to compare", documents=[before.id, after.id]
        )
    rows: Sequence[Row] = await connection.fetch(statement("documents/changes"), before.id, after.id)
    return [Change(kind=row["change"], after=_standing(row, ""), before=_standing(row, "_before")) for row in rows]


def _standing(row: Row, when: str) -> Standing | None:
    if row[f"sentence{when}"] is None:
        return None
    return Standing(**{name: row[f"{name}{when}"] for name in Standing.__struct_fields__})


def _edition(row: Row) -> Edition:
    return Edition(
        id=row["id"],
        version=row["version"],
        language=row["language"],
        model=row["model"],
        user_id=row["user_id"],
        created_at=row["created_at"],
        subject=subject_of(row, analysis=row["analysis_id"]),
    )
