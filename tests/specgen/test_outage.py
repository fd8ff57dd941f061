"""A database that goes away while the model answers."""

import anyio
import pytest

from fleet.db import Connection, Pool
from fleet.testing.database import Database
from fleet.testing.server import OwnServer
from tests.specgen.conftest import Writer, ledger
from tests.specgen.inventories import SHOP, store_analysis
from tests.specgen.provider import Asked, FakeProvider, Reply, well


@pytest.fixture
def database(server: OwnServer) -> Database:
    return server.database


async def test_what_was_answered_while_the_database_restarted_is_kept(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider, server: OwnServer
) -> None:
    analysis = await store_analysis(conn, SHOP[:1])
    stopped = anyio.Event()

    async def script(asked: Asked) -> Reply:
        if asked.task == "describe":
            await server.stop()
            stopped.set()
        return well(asked)

    async def start_again() -> None:
        await stopped.wait()
        await server.start()

    provider.script = script

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(start_again)
        saved = await write(analysis)

    assert saved.behaviours == 2
    assert provider.tasks == ["classify", "describe", "summarise"]
    assert await ledger(pool) == ["answered"] * 3
