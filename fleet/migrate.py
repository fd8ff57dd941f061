"""Brings a database to the schema of this release: migrations in order, functions, views; under an advisory lock."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta

import anyio

from fleet import sql
from fleet.config import Secret
from fleet.db import Connection, LockNotAvailable, connect
from fleet.errors import DatabaseUnavailable, SchemaMismatch

# Any constant will do; it only has to be the same in every release.
_LOCK = 0x666C656574

# A statement that waits for a table lock makes every later reader wait behind it, so it gives up early and tries again.
LOCK_TRIES = 15
LOCK_PAUSE = timedelta(seconds=1)
# For another migration to end, or a large table to change. Said aloud: to the driver, None is its ordinary limit.
STEP_LIMIT = timedelta(hours=1)


async def migrate(url: Secret) -> list[str]:
    """Apply what *url* lacks and return its names; safe to run by many processes at once.

    Raises SchemaMismatch when an applied migration was edited afterwards: migrations only go forward.
    """
    async with connect(url, application="fleet-migrate") as connection:
        await connection.execute("select pg_advisory_lock($1)", _LOCK, timeout=STEP_LIMIT.total_seconds())
        await connection.execute(sql.statement("ledger"))
        applied = await _applied(connection)
        _refuse_edited(applied)
        names = [name for name, digest in _release() if applied.get(name) != digest]
        for name in names:
            await _apply(connection, name)
    return names


async def require_current(connection: Connection) -> None:
    """Raise SchemaMismatch unless every migration of this release is applied; a newer database is fine."""
    known = await connection.fetchval("select to_regclass('fleet.migration') is not null")
    applied = await _applied(connection) if known else {}
    missing = [name for name, _ in _release() if name.startswith("migrations/") and name not in applied]
    if missing:
        raise SchemaMismatch(
            "the database is older than this release; run python -m entrypoints.migrate", missing=", ".join(missing)
        )


def _release() -> Iterator[tuple[str, str]]:
    for folder in ("migrations", "functions", "views"):
        for path in sorted((sql.ROOT / folder).glob("*.sql")):
            yield f"{folder}/{path.stem}", hashlib.sha256(path.read_bytes()).hexdigest()


async def _applied(connection: Connection) -> dict[str, str]:
    rows = await connection.fetch("select name, digest from fleet.migration")
    return {row["name"]: row["digest"] for row in rows}


def _refuse_edited(applied: Mapping[str, str]) -> None:
    edited = [
        name for name, digest in _release() if name.startswith("migrations/") and applied.get(name, digest) != digest
    ]
    if edited:
        raise SchemaMismatch("a migration was edited after it was applied; add a new one instead", edited=edited)


async def _apply(connection: Connection, name: str) -> None:
    digest = dict(_release())[name]
    for _ in range(LOCK_TRIES):
        try:
            async with connection.transaction():
                # Functions may name each other in any order; migrations are checked statement by statement anyway.
                await connection.execute("set local lock_timeout = '2s'; set local check_function_bodies = off")
                await connection.execute(sql.statement(name), timeout=STEP_LIMIT.total_seconds())
                await connection.execute(
                    "insert into fleet.migration (name, digest) values ($1, $2)"
                    " on conflict (name) do update set digest = excluded.digest, applied_at = clock_timestamp()",
                    name,
                    digest,
                )
        except LockNotAvailable:
            await anyio.sleep(LOCK_PAUSE.total_seconds())
        else:
            return
    raise DatabaseUnavailable("could not lock a table; another session holds it", migration=name)
