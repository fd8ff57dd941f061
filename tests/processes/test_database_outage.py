"""A consumer whose PostgreSQL goes away."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.local.server import Server, start_postgres
from fleet.testing.until import until
from tests.processes.conftest import PATIENCE, Start, Started


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server of this test's own, which it may stop."""
    server = await to_thread.run_sync(start_postgres, None)
    yield server
    await to_thread.run_sync(server.stop)


async def working(start: Start, url: DatabaseUrl, **settings: str) -> Started:
    """Start a spec generator on *url*, and wait until it has its lease."""
    migrated = await start("migrate", settings={"DATABASE_URL": url.reveal()})
    assert await migrated.exit_code() == 0, migrated.text()
    worker: Started = await start("spec_generator", settings={"DATABASE_URL": url.reveal(), **settings})
    async with connect(url, application="fleet-tests") as connection:
        await until(lambda: connection.fetchval("select id from fleet.worker"), within=PATIENCE)
    return worker


async def test_a_consumer_can_be_stopped_while_its_database_is_gone(start: Start, server: Server) -> None:
    worker = await working(start, server.url)
    await to_thread.run_sync(server.stop)

    worker.kill(signal.SIGTERM)

    assert await worker.exit_code() == 0, worker.text()


async def test_a_consumer_can_be_stopped_while_its_database_does_not_answer(start: Start, server: Server) -> None:
    worker = await working(start, server.url, RAILWAY_DEPLOYMENT_DRAINING_SECONDS="10")
    frozen = await processes_of(server.url)
    for process in frozen:
        os.kill(process, signal.SIGSTOP)
    try:
        worker.kill(signal.SIGTERM)
        with anyio.fail_after(10):
            code = await worker.exit_code()
    finally:
        for process in frozen:
            os.kill(process, signal.SIGCONT)

    assert code == 0, worker.text()


async def test_a_consumer_looks_for_a_lost_database_until_its_patience_ends(start: Start, server: Server) -> None:
    worker = await working(start, server.url, DATABASE_PATIENCE_SECONDS="1", LEASE_SECONDS="1")

    await to_thread.run_sync(server.stop)

    assert await worker.exit_code() == 69, worker.text()
    assert "worker.lease_lost" in worker.text()


async def processes_of(url: DatabaseUrl) -> list[int]:
    """Return the server's processes: the one that listens and those it has started for its clients."""
    async with connect(url, application="fleet-tests") as connection:
        clients = [
            row["pid"]
            for row in await connection.fetch("select pid from pg_stat_activity where pid <> pg_backend_pid()")
        ]
        data = await connection.fetchval("show data_directory")
    listening = int((Path(data) / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    return [listening, *clients]
