"""A pytest plugin: a real PostgreSQL, a migrated database for each test, and ways to wait.

Name it in the top conftest: ``pytest_plugins = ["fleet.testing.plugin"]``.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from fleet.config import DatabaseUrl, Settings, load
from fleet.db import Connection, Pool, connect, open_pool
from fleet.local.server import start_postgres
from fleet.testing.database import Database, Template


class TestSettings(Settings, frozen=True, kw_only=True):
    """Where the tests' PostgreSQL comes from: a server that runs, or programs to run one with."""

    __test__ = False  # not a test class, whatever its name

    fleet_test_database_url: DatabaseUrl | None = None
    fleet_pg_bin: str | None = None


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
    chosen = settings.fleet_pg_bin
    server = start_postgres(None, pg_bin=None if chosen is None else Path(chosen))
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


@pytest.fixture
async def database(template: Template) -> AsyncIterator[Database]:
    """A migrated database of the test's own; dropped at its end, whoever is connected."""
    async with template.copy() as database:
        yield database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, application="fleet-tests", size=10) as pool:
        yield pool


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    async with connect(database.url, application="fleet-tests") as connection:
        yield connection
