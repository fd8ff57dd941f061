"""A database with things of every age, at a clock that the test sets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from fleet.db import Connection, ConnectionFailure, connect
from fleet.retention.policy import read_policy
from fleet.retention.rules import Rules, Swept
from fleet.retention.sweep import sweep
from fleet.testing.clock import set_clock
from fleet.testing.database import Database

NOW = datetime(2026, 3, 31, 3, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
# A job that ended long ago.
GONE = 1_000_000
# However slow the machine is, a batch has as many rows as it may.
RULES = Rules(pause=timedelta(0), span=DAY)
# Small batches that wait for as long as a test makes them.
RULES_OF_TWO = Rules(
    pause=timedelta(0), span=DAY, batch=2, lock_limit=timedelta(seconds=20), statement_limit=timedelta(seconds=20)
)

Sweep = Callable[..., Awaitable[Swept]]


class Stored:
    """Puts rows of a given age in and counts what is left."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._commits = 0

    async def user(self) -> int:
        user: int = await self.connection.fetchval("insert into app.users default values returning id")
        return user

    async def analysis(
        self,
        *,
        age: timedelta = 10 * DAY,
        completed: bool = True,
        userless: bool = False,
        tests: int = 1,
        job: int = GONE,
    ) -> int:
        """An analysis of one file with one suite that holds all its *tests*, completed (or begun) so long ago."""
        self._commits += 1
        codebase = await self.connection.fetchval(
            "insert into app.codebases (host, owner, repo) values ('github.com', 'acme', 'shop')"
            " on conflict (host, lower(owner), lower(repo)) do update set repo = excluded.repo returning id"
        )
        done = (NOW - age, 1, 1, tests) if completed else (None, None, None, None)
        analysis: int = await self.connection.fetchval(
            "insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at,"
            " completed_at, candidates, files, tests) values ($1, $2, '1', $3, $4, 1, $5, $6, $7, $8, $9) returning id",
            *(codebase, f"{self._commits:040x}", userless, job, NOW - age, *done),
        )
        await self._inventory(analysis, tests)
        return analysis

    async def _inventory(self, analysis: int, tests: int) -> None:
        await self.connection.execute(
            "insert into app.test_files (analysis_id, file, path, language, framework)"
            " values ($1, 1, 'test_a.py', 'python', 'pytest')",
            analysis,
        )
        await self.connection.execute(
            "insert into app.test_suites values ($1, 1, 1, null, 'TestA', 'active', 1, 1, 0, 0)", analysis
        )
        await self.connection.execute(
            "insert into app.test_cases select $1, 1, number, 1, 'test', 'active', 1, 1, 0, 0"
            " from generate_series(1, $2) as number",
            *(analysis, tests),
        )

    async def history(self, analysis: int, *, age: timedelta, days: int | None = 30, user: int | None = None) -> None:
        await self.connection.execute(
            "insert into app.user_analysis_history (user_id, analysis_id, created_at, retention_days)"
            " values ($1, $2, $3, $4)",
            *(user or await self.user(), analysis, NOW - age, days),
        )

    async def document(
        self, analysis: int, *, age: timedelta, days: int | None = 30, behaviours: int = 1, removed: bool = False
    ) -> int:
        document: int = await self.connection.fetchval(
            "insert into app.documents (codebase_id, analysis_id, language, version, model, prompt_version,"
            " content_hash, overview, created_at, retention_days, removed_at)"
            " select 1, $1, 'en', 1 + count(*), 'outline', '1', '', '', $2, $3, $4 from app.documents returning id",
            *(analysis, NOW - age, days, NOW if removed else None),
        )
        await self.connection.execute("insert into app.document_domains values ($1, 1, 'Domain')", document)
        await self.connection.execute("insert into app.document_features values ($1, 1, 1, 'Feature')", document)
        await self.connection.execute(
            "insert into app.document_behaviours select $1, 1, number, 'Works', 1, number"
            " from generate_series(1, $2) as number",
            *(document, behaviours),
        )
        return document

    async def count(self, table: str) -> int:
        count: int = await self.connection.fetchval(f"select count(*) from {table}")
        return count

    async def ids(self, table: str) -> list[int]:
        return [row["id"] for row in await self.connection.fetch(f"select id from {table} order by id")]

    async def is_complete(self, analysis: int) -> bool:
        complete: bool = await self.connection.fetchval(
            "select completed_at is not null and tests = (select count(*) from app.test_cases where analysis_id = $1)"
            " from app.analyses where id = $1",
            analysis,
        )
        return complete


@pytest.fixture
async def stored(conn: Connection) -> Stored:
    # Days and ages are counted in UTC whatever the session's zone; this one has its clock change in March.
    await conn.execute("set timezone = 'Europe/Berlin'")
    await set_clock(conn, NOW)
    return Stored(conn)


@pytest.fixture
def sweeping(conn: Connection) -> Sweep:
    async def sweeping(rules: Rules = RULES) -> Swept:
        return await sweep_all(conn, rules)

    return sweeping


async def sweep_all(connection: Connection, rules: Rules) -> Swept:
    """Sweep by the policy that the database has."""
    swept = Swept()
    await sweep(connection, rules, await read_policy(connection), swept)
    return swept


@asynccontextmanager
async def sweeper(database: Database) -> AsyncIterator[Connection]:
    """A second session, which sweeps at the same clock."""
    async with connect(database.url, application="fleet-retention") as connection:
        await set_clock(connection, NOW)
        yield connection


async def die_with(connection: Connection, rules: Rules) -> None:
    """Sweep on a *connection* that is about to be cut."""
    try:
        await sweep_all(connection, rules)
    except ConnectionFailure:
        return
    raise AssertionError("the sweep came to its end")


async def hold_up(stored: Stored, event: str, table: str, *, when: str = "true") -> None:
    """Make a statement that does *event* to *table* wait, before it ends, for whoever has advisory lock 7."""
    await stored.connection.execute(
        "create function hold_up() returns trigger language plpgsql as"
        f" $$ begin if {when} then perform pg_advisory_xact_lock_shared(7); end if; return null; end $$;"
        f"create trigger hold_up after {event} on {table} for each statement execute function hold_up()"
    )


def waiting_for(
    connection: Connection, kind: str, application: str = "fleet-retention"
) -> Callable[[], Awaitable[bool]]:
    """Whether *application* waits for a lock of the *kind*, as pg_stat_activity has it."""

    async def waits() -> bool:
        waiting: bool = await connection.fetchval(
            "select exists (select from pg_stat_activity where application_name = $2"
            " and datname = current_database() and wait_event_type = 'Lock' and wait_event = $1)",
            *(kind, application),
        )
        return waiting

    return waits
