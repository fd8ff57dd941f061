"""A server of a test's own, and what can befall it."""

from datetime import timedelta

import anyio
import pytest

from fleet.db import ConnectionFailure, connect
from fleet.errors import DatabaseUnavailable
from fleet.queue.enqueue import enqueue
from fleet.testing.server import Mode, OwnServer
from tests.testing.shop import Notify


async def jobs(server: OwnServer) -> int:
    async with connect(server.url, application="tests") as connection:
        number: int = await connection.fetchval("select count(*) from fleet.job")
        return number


async def notify(server: OwnServer) -> None:
    async with connect(server.url, application="tests") as connection:
        await enqueue(connection, Notify(order=1))


@pytest.mark.parametrize("mode", ["smart", "fast", "immediate"])
async def test_a_server_that_was_stopped_comes_back_at_its_address_with_what_was_committed(
    server: OwnServer, mode: Mode
) -> None:
    address = server.url
    await notify(server)

    await server.stop(mode)
    with pytest.raises(DatabaseUnavailable):
        await jobs(server)
    await server.start()

    assert server.url == address
    assert await jobs(server) == 1


async def test_a_server_that_was_killed_ends_its_connections_and_keeps_what_was_committed(server: OwnServer) -> None:
    await notify(server)

    async with connect(server.url, application="tests") as connection:
        await server.kill()
        with pytest.raises(ConnectionFailure):
            await connection.execute("select 1")
    await server.start()

    assert await jobs(server) == 1


async def test_a_frozen_server_answers_when_it_is_thawed(server: OwnServer) -> None:
    async with connect(server.url, application="tests") as connection:
        await server.freeze()
        with anyio.move_on_after(timedelta(seconds=0.2).total_seconds()) as limit:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(connection.execute, "select 1")
        await server.thaw()

    assert limit.cancelled_caught
    assert await jobs(server) == 0


async def test_a_server_that_does_not_run_cannot_be_stopped_and_one_that_runs_not_started(server: OwnServer) -> None:
    with pytest.raises(AssertionError, match="runs already"):
        await server.start()
    await server.stop()

    for fault in (server.stop, server.kill, server.freeze, server.thaw):
        with pytest.raises(AssertionError, match="does not run"):
            await fault()
