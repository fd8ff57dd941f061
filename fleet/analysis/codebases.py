"""Which codebase a repository is, by the number its host gave it: through renames, and when another takes its name."""

from datetime import datetime, timedelta

import msgspec

from fleet.analysis.hosts.identity import Identity
from fleet.db import Connection, Pool, Row
from fleet.errors import Retry
from fleet.sql import statement


class Sighting(msgspec.Struct, frozen=True):
    """What a host said, and when it was asked, by the database's clock."""

    identity: Identity
    asked_at: datetime


async def time_of(pool: Pool) -> datetime:
    now: datetime = await pool.fetchval(statement("analysis/time"))
    return now


async def recognise(pool: Pool, sighting: Sighting, *, openly: bool) -> int:
    """Return the repository's codebase, having noted what the host says; *openly*: it was fetched without a token.

    An answer that is older than one that has been noted changes nothing. Raises Retry where that leaves no codebase.
    """
    identity = sighting.identity
    async with pool.transaction() as connection:
        await connection.execute(statement("analysis/lock_host"), identity.address.host)
        rows = await connection.fetch(
            statement("analysis/concerned"),
            *(identity.address.host, identity.external_id, identity.address.owner, identity.address.repo),
        )
        own = next((row for row in rows if row["own"]), None)
        holder = next((row for row in rows if row["holds"]), None)
        if own is not None and own["seen_at"] > sighting.asked_at:
            return _id(own)
        if holder is not None and holder is not own:
            if _may_be(holder, own, identity):
                own = holder
            else:
                await _take_address(connection, holder, sighting)
        noted = await (_make(connection, sighting) if own is None else _note(connection, own, sighting, openly=openly))
        if noted is None:
            raise _changed_hands()
    return noted


def _may_be(holder: Row, own: Row | None, identity: Identity) -> bool:
    """Tell whether *holder*, of whose number nothing is known, is taken for this repository.

    Not where that would show private inventories to everybody: a name that has become free can be taken by anybody.
    """
    return own is None and holder["seen_at"] is None and (identity.private or not holder["private"])


async def _take_address(connection: Connection, holder: Row, sighting: Sighting) -> None:
    if holder["seen_at"] is not None and holder["seen_at"] > sighting.asked_at:
        raise _changed_hands()
    await connection.execute(statement("analysis/take_address"), _id(holder))


async def _note(connection: Connection, own: Row, sighting: Sighting, *, openly: bool) -> int | None:
    identity = sighting.identity
    noted: int | None = await connection.fetchval(
        statement("analysis/recognise"),
        *(_id(own), identity.address.owner, identity.address.repo, identity.external_id, sighting.asked_at),
        *(identity.private, openly),
    )
    return noted


async def _make(connection: Connection, sighting: Sighting) -> int | None:
    identity = sighting.identity
    made: int | None = await connection.fetchval(
        statement("analysis/new_codebase"),
        *(identity.address.host, identity.address.owner, identity.address.repo, identity.external_id),
        *(sighting.asked_at, identity.private),
    )
    return made


def _changed_hands() -> Retry:
    return Retry("the repository's address changed hands meanwhile", after=timedelta(0))


def _id(row: Row) -> int:
    number: int = row["id"]
    return number
