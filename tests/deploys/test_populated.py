"""What a database of the releases before holds is there after the migrations, and works."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from fleet import sql
from fleet.analysis import codebases, store
from fleet.analysis.codebases import Sighting
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.repository import RepositoryAddress
from fleet.db import Pool, connect, open_pool
from fleet.migrate import migrate
from fleet.testing.database import Database, Template

MIGRATIONS = [f"migrations/{path.stem}" for path in sorted((sql.ROOT / "migrations").glob("*.sql"))]
# What went before identities, and before tests stood without a key to their file.
IDENTITY, STORING = "migrations/0011_identity", "migrations/0014_storing"
ROWS = """
    insert into app.users (id) values (1);
    insert into app.codebases (host, owner, repo, private)
        values ('github.com', 'psf', 'requests', false), ('github.com', 'acme', 'secret', true);
    insert into app.analyses
        (codebase_id, commit, parser_version, userless, job_id, job_token, started_at, completed_at, candidates, files,
         tests)
        select id, repeat('a', 40), '1', false, 1, 1, now(), now(), 2, 2, 4 from app.codebases;
    insert into app.test_files (analysis_id, file, path, language, framework)
        select id, file, 'test_' || file || '.py', 'python', 'pytest' from app.analyses, generate_series(1, 2) as file;
    insert into app.test_suites
        select analysis_id, file, 1, null, 'TestA', 'active', 1, 9, 0, 0 from app.test_files;
    insert into app.test_cases
        select analysis_id, file, test, 1, 'test', 'active', test, test, 0, 0
        from app.test_files, generate_series(1, 2) as test;
    insert into app.user_analysis_history (user_id, analysis_id) select 1, id from app.analyses;
"""
REQUESTS = RepositoryAddress("github.com", "psf", "requests")
SECRET = RepositoryAddress("github.com", "acme", "secret")


async def populate(database: Database, before: str) -> None:
    """Fill a database that has the migrations before this one, and no other."""
    async with connect(database.url, application="fleet-tests") as conn:
        await conn.execute("drop schema app cascade; drop schema fleet cascade")
        await conn.execute(sql.statement("ledger"))
        for name in MIGRATIONS[: MIGRATIONS.index(before)]:
            async with conn.transaction():
                await conn.execute("set local check_function_bodies = off")
                await conn.execute(sql.statement(name))
            digest = hashlib.sha256(sql.statement(name).encode()).hexdigest()
            await conn.execute("insert into fleet.migration (name, digest) values ($1, $2)", name, digest)
        await conn.execute(ROWS)


@pytest.fixture(params=[IDENTITY, STORING])
async def migrated(request: pytest.FixtureRequest, template: Template) -> AsyncIterator[Pool]:
    async with template.copy() as database:
        await populate(database, request.param)
        applied = await migrate(database.url)
        assert applied[0] == request.param
        async with open_pool(database.url, application="fleet-tests", size=2) as pool:
            yield pool


async def count(conn: Pool) -> list[int]:
    tables = ("codebases", "analyses", "test_files", "test_suites", "test_cases", "user_analysis_history")
    return [await conn.fetchval(f"select count(*) from app.{table}") for table in tables]  # constants


async def test_nothing_is_lost(migrated: Pool) -> None:
    assert await count(migrated) == [2, 2, 4, 4, 8, 2]


async def test_a_codebase_of_before_identities_is_found_and_given_its_number(migrated: Pool) -> None:
    by_address = await store.find_completed(migrated, REQUESTS, "a" * 40, "1", None)

    asked_at = await codebases.time_of(migrated)
    seen = Sighting(Identity("7", REQUESTS, private=False), asked_at)
    codebase = await codebases.recognise(migrated, seen, openly=True)
    by_number = await store.find_seen(migrated, seen.identity, "a" * 40, "1", None)

    assert by_address is not None
    assert by_address == by_number
    assert codebase == await migrated.fetchval("select id from app.codebases where repo = 'requests'")


async def test_one_that_was_private_is_not_shown_to_others(migrated: Pool) -> None:
    asked_at = await codebases.time_of(migrated)
    public = Sighting(Identity("8", SECRET, private=False), asked_at)

    made = await codebases.recognise(migrated, public, openly=True)

    assert await store.find_seen(migrated, public.identity, "a" * 40, "1", None) is None
    assert made != await migrated.fetchval("select id from app.codebases where private")


async def test_files_take_their_tests_along_as_they_did(migrated: Pool) -> None:
    await migrated.execute("delete from app.test_files where file = 1")
    await migrated.execute("delete from app.analyses where codebase_id = 1")

    assert await count(migrated) == [2, 1, 1, 1, 2, 1]


async def test_an_inventory_of_before_can_be_read_and_a_new_one_written(migrated: Pool) -> None:
    names = await migrated.fetch("select name, suites from app.tests_of(1)")
    job = await migrated.fetchval(
        "insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at) values"
        " ('analyze', 'analysis_default', 'running', 1, 1, gen_random_uuid(), now()) returning id"
    )
    codebase = await store.codebase_at(migrated, REQUESTS, private=False)

    writer = await store.begin(migrated, codebase, "b" * 40, "1", userless=True, claim=(job, 1))

    assert [tuple(row) for row in names] == [("test", ["TestA"])] * 4
    assert writer is not None
