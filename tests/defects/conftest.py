"""What became of jobs, as the tests of the runtime ask for it."""

import pytest

from fleet.db import Connection, Pool
from fleet.queue.enqueue import declare
from tests.queue.kinds import Greet
from tests.queue.runtime.conftest import Ask


@pytest.fixture
async def ask(pool: Pool, conn: Connection) -> Ask:
    await declare(conn, [Greet])
    return Ask(pool)
