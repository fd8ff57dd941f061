"""A pytest plugin: a real PostgreSQL, a migrated database for each test, and all that docs/testing.md shows.

Name it in the top conftest: ``pytest_plugins = ["fleet.testing.plugin"]``.
"""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from fleet.config import DatabaseUrl, Settings, load
from fleet.db import Connection, Pool, connect, open_pool
from fleet.local.server import start_postgres
from fleet.queue.job import Job
from fleet.testing.ask import Ask
from fleet.testing.capture import Capture
from fleet.testing.clock import Clock, ClockedPool
from fleet.testing.database import APPLICATION, Database, Schema, Template
from fleet.testing.drain import DrainQueues
from fleet.testing.fleet import Fleet, open_fleet
from fleet.testing.server import OwnServer, ServerFiles, copy_files, open_folder, open_server
from fleet.testing.waiting import Until
from fleet.testing.watch import open_watch
from fleet.testing.working import Working


class TestSettings(Settings, frozen=True, kw_only=True):
    """Where the tests' PostgreSQL comes from: a server that runs, or programs to run one with."""

    __test__ = False  # not a test class, whatever its name

    fleet_test_database_url: DatabaseUrl | None = None
    fleet_pg_bin: str | None = None


def _pg_bin() -> Path | None:
    chosen = load(TestSettings, os.environ).fleet_pg_bin
    return None if chosen is None else Path(chosen)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseUrl]:
    """A server of which the tests are superuser."""
    settings = load(TestSettings, os.environ)
    if settings.fleet_test_database_url is not None:
        yield settings.fleet_test_database_url
        return
    server = start_postgres(None, pg_bin=_pg_bin())
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def template(postgres: DatabaseUrl, anyio_backend: tuple[str, dict[str, Any]]) -> Iterator[Template]:
    # Asking for anyio_backend here is also what lets a plain, not async, test have a database.
    backend, options = anyio_backend
    template = Template(postgres)
    try:
        anyio.run(template.create, backend=backend, backend_options=options)
        yield template
    finally:
        anyio.run(template.drop, backend=backend, backend_options=options)


@pytest.fixture(scope="session")
def fleet_kinds() -> Sequence[type[Job]]:
    """The kinds that every database knows: a project's conftest overrides it, and so may one of a folder."""
    return ()


@pytest.fixture(scope="session")
def fleet_schema() -> Schema | None:
    """What is applied to a migrated database, once: a project with tables of its own overrides it."""
    return None


@pytest.fixture(scope="session")
def fleet_registry() -> str | None:
    """What worker processes run unless a test says otherwise, as "module:attribute"."""
    return None


@pytest.fixture
async def database(
    template: Template, fleet_kinds: Sequence[type[Job]], fleet_schema: Schema | None
) -> AsyncIterator[Database]:
    """A migrated database of the test's own; dropped at its end, whoever is connected."""
    prepared = await template.prepared(fleet_kinds, fleet_schema)
    async with prepared.copy() as database:
        yield database


@pytest.fixture(scope="session")
def server_files() -> Iterator[ServerFiles]:
    """The files that a server of a test's own begins with."""
    with open_folder() as folder:
        yield ServerFiles(folder, _pg_bin())


@pytest.fixture
async def server(
    server_files: ServerFiles, fleet_kinds: Sequence[type[Job]], fleet_schema: Schema | None
) -> AsyncIterator[OwnServer]:
    """A server of the test's own, which it may stop, kill and freeze; let *database* return ``server.database``."""
    prepared = await server_files.prepared(fleet_kinds, fleet_schema)
    with open_folder() as folder:
        copy_files(prepared, folder)
        async with open_server(folder, pg_bin=_pg_bin()) as server:
            yield server


@pytest.fixture
def clock(database: Database) -> Clock:
    """The time of *pool*, *conn* and *drain*: the server's, until the test sets or advances it."""
    return Clock(database.url)


@pytest.fixture
async def pool(database: Database, clock: Clock) -> AsyncIterator[Pool]:
    async with open_pool(database.url, application=APPLICATION, size=10) as pool:
        yield ClockedPool(pool, clock)


@pytest.fixture
async def conn(database: Database, clock: Clock) -> AsyncIterator[Connection]:
    async with connect(database.url, application=APPLICATION) as connection:
        await clock.follow(connection)
        yield connection


@pytest.fixture
async def until(database: Database, pool: Pool) -> AsyncIterator[Until]:
    """``await until(job, "running", by=worker)``."""
    async with open_watch(database.url) as watch:
        yield Until(pool, watch)


@pytest.fixture
def ask(pool: Pool, until: Until) -> Ask:
    return Ask(pool, until)


@pytest.fixture
def capture(pool: Pool) -> Capture:
    """``async with capture() as captured``."""
    return Capture(pool)


@pytest.fixture
def drain(database: Database, clock: Clock) -> DrainQueues:
    """``await drain(registry)``."""
    return DrainQueues(database.url, clock)


@pytest.fixture
def working(pool: Pool, database: Database) -> Working:
    """``async with working(registry)``: a worker inside the test."""
    return Working(pool, database.url)


@pytest.fixture
async def fleet(
    database: Database, pool: Pool, until: Until, fleet_registry: str | None, tmp_path: Path
) -> AsyncIterator[Fleet]:
    """``a, b = await fleet.start(2, "module:attribute")``: worker processes."""
    # What tells apart the workers that a job was run by must be there before the first of them.
    del until
    async with open_fleet(database.url, pool, registry=fleet_registry, logs=tmp_path, environ=os.environ) as fleet:
        yield fleet
