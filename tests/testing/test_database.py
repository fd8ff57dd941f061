"""What a project adds to its databases."""

from collections.abc import Sequence

import pytest

from fleet.db import Connection
from fleet.queue.enqueue import enqueue
from fleet.queue.job import Job
from fleet.testing.database import Schema, Template
from tests.testing.shop import Notify, Pack


async def test_the_kinds_of_the_project_are_declared(conn: Connection) -> None:
    assert (await enqueue(conn, Pack(order=1))).inserted
    assert (await enqueue(conn, Notify(order=1))).inserted


async def test_the_tables_of_the_project_are_there(conn: Connection) -> None:
    assert await conn.fetchval("select count(*) from packed") == 0


async def test_what_is_added_is_added_once(
    template: Template, fleet_kinds: Sequence[type[Job]], fleet_schema: Schema
) -> None:
    first = await template.prepared(fleet_kinds, fleet_schema)

    assert await template.prepared(fleet_kinds, fleet_schema) is first
    assert await template.prepared(fleet_kinds, None) is not first


class TestWithoutAddition:
    """A part of the tests may say otherwise."""

    @pytest.fixture(scope="session")
    @classmethod
    def fleet_kinds(cls) -> Sequence[type[Job]]:
        return ()

    @pytest.fixture(scope="session")
    @classmethod
    def fleet_schema(cls) -> None:
        return None

    async def test_a_database_is_as_migrated(self, conn: Connection) -> None:
        assert await conn.fetchval("select count(*) from fleet.kind") == 0
        assert await conn.fetchval("select to_regclass('public.packed') is null")
