"""The shop's kinds and its table are in every database of these tests."""

from collections.abc import Sequence

import pytest

from fleet.db import Connection
from fleet.queue.job import Job
from fleet.testing.database import Schema
from tests.testing.shop import Notify, Pack


@pytest.fixture(scope="session")
def fleet_kinds() -> Sequence[type[Job]]:
    return [Pack, Notify]


@pytest.fixture(scope="session")
def fleet_schema() -> Schema:
    async def create(connection: Connection) -> None:
        await connection.execute("create table packed (shop_order integer not null)")

    return create


@pytest.fixture(scope="session")
def fleet_registry() -> str:
    return "tests.testing.shop:registry"
