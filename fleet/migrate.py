"""Brings a database to the schema of this release: migrations in order, functions, views; under an advisory lock."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import anyio
import msgspec

from fleet import sql
from fleet.config import Secret
from fleet.db import Connection, Deadlock, InsufficientPrivilege, LockNotAvailable, connect
from fleet.errors import DatabaseUnavailable, SchemaMismatch

# Counts the releases of sql/functions and sql/views, so that an older release knows a newer database; docs/deploy.md.
RELEASE = 2

# Any constant will do; it only has to be the same in every release.
_LOCK = 0x666C656574

# For another migration to end, or a large table to change. Said aloud: to the driver, None is its ordinary limit.
STEP_LIMIT = timedelta(hours=1)

ResultT = TypeVar("ResultT")


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How often a step tries to get its locks, how long each try waits for one, and the pause in between.

    A statement that waits for a table makes every later reader wait behind it, so it gives up early and tries again.
    """

    tries: int = 15
    wait: timedelta = timedelta(seconds=2)
    pause: timedelta = timedelta(seconds=1)


async def migrate(url: Secret, patience: Patience = Patience()) -> list[str]:  # noqa: B008  # frozen
    """Apply what *url* lacks and return its names; safe to run by many processes at once.

    Raises SchemaMismatch when an applied migration was edited afterwards: migrations only go forward. The functions and
    views of a newer release stay as they are.
    """
    async with connect(url, application="fleet-migrate") as connection:
        await connection.execute("select pg_advisory_lock($1)", _LOCK, timeout=STEP_LIMIT.total_seconds())
        try:
            return await _migrate(connection, patience)
        except InsufficientPrivilege as refusal:
            raise SchemaMismatch(
                "this user may not change the schema; migrate as its owner or as a member of fleet_migrate",
                reason=str(refusal),
            ) from None


async def require_current(connection: Connection) -> None:
    """Raise SchemaMismatch unless this release is applied; a newer database is fine."""
    try:
        known = await connection.fetchval("select to_regclass('fleet.migration') is not null")
        applied = await _applied(connection) if known else {}
    except InsufficientPrivilege as refusal:
        raise SchemaMismatch(
            "this user may not read the schema; make it a member of the role of this process", reason=str(refusal)
        ) from None
    missing = [name for name in _names("migrations") if name not in applied]
    if not missing and _release_of(applied) < RELEASE:
        missing = [f"release {RELEASE} of functions and views"]
    if missing:
        raise SchemaMismatch(
            "the database is older than this release; run fleet migrate, or python -m entrypoints.migrate",
            missing=", ".join(missing),
        )


async def unapplied(connection: Connection) -> list[str]:
    """Return what migrate would apply; nothing where the database is newer than this release."""
    known = await connection.fetchval("select to_regclass('fleet.migration') is not null")
    applied = await _applied(connection) if known else {}
    missing = [name for name in _names("migrations") if name not in applied]
    if missing or _release_of(applied) > RELEASE:
        return missing
    guarded = (
        ["privileges"] if await _is_guarded(connection) and applied.get("privileges") != _digest("privileges") else []
    )
    return [name for name, digest in _files("functions", "views") if applied.get(name) != digest] + guarded


async def _migrate(connection: Connection, patience: Patience) -> list[str]:
    guarded = await _is_guarded(connection)
    if guarded:
        await _become_owner(connection)
    await connection.execute(sql.statement("ledger"))
    applied = await _applied(connection)
    _refuse_edited(applied)
    migrations = [name for name in _names("migrations") if name not in applied]
    for name in migrations:
        await _apply(connection, [name], patience)
    code: list[str] = []
    if _release_of(applied) <= RELEASE:
        code = [name for name, digest in _files("functions", "views") if applied.get(name) != digest]
        if guarded and (migrations or code or applied.get("privileges") != _digest("privileges")):
            code.append("privileges")
        # All at once: no session sees the functions of two releases mixed, nor one that lost its privileges.
        await _apply(connection, code, patience, release=RELEASE)
    return migrations + code


async def _is_guarded(connection: Connection) -> bool:
    """Whether somebody ran sql/roles.sql in this database: roles alone are there for every database of a server."""
    guarded: bool = await connection.fetchval(
        "select exists (select from pg_database as own, aclexplode(own.datacl) as granted"
        " join pg_roles as role on role.oid = granted.grantee"
        " where own.datname = current_database() and role.rolname = 'fleet_migrate'"
        " and granted.privilege_type = 'CREATE')"
    )
    return guarded


async def _become_owner(connection: Connection) -> None:
    """Make what is new belong to fleet_migrate, unless the schema is yet to be handed over by the one who has it."""
    owner = await connection.fetchval("select nspowner::regrole::text from pg_namespace where nspname = 'fleet'")
    if owner in {None, "fleet_owner", "fleet_migrate"}:
        await connection.execute("set role fleet_migrate")


def _files(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for name in _names(folder):
            yield name, _digest(name)


def _names(folder: str) -> list[str]:
    # Not read: every process that starts asks for these, and a short one has little else to do.
    return sorted(f"{folder}/{path.stem}" for path in (sql.ROOT / folder).glob("*.sql"))


def _digest(name: str) -> str:
    return hashlib.sha256(sql.statement(name).encode()).hexdigest()


async def _applied(connection: Connection) -> dict[str, str]:
    rows = await connection.fetch("select name, digest from fleet.migration")
    return {row["name"]: row["digest"] for row in rows}


def _release_of(applied: Mapping[str, str]) -> int:
    """Return which release's functions the database has; the ledger of the first did not say."""
    return int(applied.get("release", 1))


def _refuse_edited(applied: Mapping[str, str]) -> None:
    edited = [name for name, digest in _files("migrations") if applied.get(name, digest) != digest]
    if edited:
        raise SchemaMismatch("a migration was edited after it was applied; add a new one instead", edited=edited)


async def _apply(
    connection: Connection, names: Sequence[str], patience: Patience, *, release: int | None = None
) -> None:
    """Apply *names* in one transaction, and note in the ledger that the database is at *release*."""
    notes = {name: _digest(name) for name in names} | ({} if release is None else {"release": str(release)})

    async def apply() -> None:
        # Functions may name each other in any order; migrations are checked statement by statement anyway.
        await connection.execute("set local check_function_bodies = off")
        for name in sorted(names, key=_turn):
            await connection.execute(sql.statement(name), timeout=STEP_LIMIT.total_seconds())
        await connection.executemany(
            "insert into fleet.migration (name, digest) values ($1, $2) on conflict (name)"
            " do update set digest = excluded.digest, applied_at = clock_timestamp()"
            " where fleet.migration.digest <> excluded.digest",
            list(notes.items()),
        )

    await patiently(connection, patience, ", ".join(names), apply)


def _turn(name: str) -> int:
    """Return when *name* comes in its transaction: what locks a table for writers as late as can be."""
    if name == "privileges":
        return 2
    return int("create or replace trigger" in sql.statement(name))


async def patiently(
    connection: Connection, patience: Patience, what: str, step: Callable[[], Awaitable[ResultT]]
) -> ResultT:
    """Run *step* in a transaction, again and again until it gets its locks; raises DatabaseUnavailable."""
    for turn in range(patience.tries):
        if turn:
            await anyio.sleep(patience.pause.total_seconds())
        try:
            async with connection.transaction():
                wait = f"{patience.wait / timedelta(milliseconds=1):.0f}ms"
                await connection.execute("select set_config('lock_timeout', $1, true)", wait)
                return await step()
        except (LockNotAvailable, Deadlock):
            continue
    raise DatabaseUnavailable("could not lock a table; another session holds it", step=what)
