"""PostgreSQL crashes and comes back: who is alive must be known all the same.

A table that does not survive a crash would say that no worker lives, and every running job would lose its owner.
"""

import os
import signal
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from fleet.db import Connection, connect, open_pool
from fleet.local.server import Server, start_postgres
from fleet.migrate import migrate
from fleet.queue.context import Context
from fleet.queue.enqueue import declare, enqueue
from fleet.testing.until import until
from tests.defects.at_work import at_work
from tests.local.conftest import open_folder
from tests.queue.kinds import Greet, Greeting

__all__ = ["open_folder"]

PATIENCE = timedelta(seconds=30)


async def test_nothing_of_the_schema_is_lost_in_a_crash(conn: Connection) -> None:
    unlogged = await conn.fetch(
        "select oid::regclass::text as name from pg_class"
        " where relnamespace in ('fleet'::regnamespace, 'app'::regnamespace) and relpersistence <> 'p'"
    )

    assert [row["name"] for row in unlogged] == []


@pytest.mark.timeout(120)
async def test_a_running_job_stays_with_its_living_worker_over_a_crash_of_postgresql(open_folder: Path) -> None:
    may_end = anyio.Event()
    entered: list[int] = []

    async def greet(_job: Greet, context: Context) -> Greeting:
        entered.append(context.attempt)
        await may_end.wait()
        return Greeting("survived")

    server = await to_thread.run_sync(start_postgres, open_folder)
    url = server.url
    try:
        await migrate(url)
        async with connect(url, application="fleet-tests") as connection:
            await declare(connection, [Greet])
        async with open_pool(url, application="worker", size=4) as pool, at_work(pool, url, greet):
            async with connect(url, application="fleet-tests") as connection:
                job = (await enqueue(connection, Greet())).id
                before = await until(lambda: connection.fetchrow(RUNNING, job))
            server = await crash_and_restart(server, open_folder)
            async with connect(url, application="fleet-tests") as connection:
                # What every other worker does all the time.
                rescued = await connection.fetchval("select fleet.rescue()")
                after = await connection.fetchrow(RUNNING, job)
                lease = await connection.fetchval("select lease_until from fleet.worker")
                renewed = await until(lambda: connection.fetchval(RENEWED, lease), within=PATIENCE)
                may_end.set()
                ended = await until(lambda: connection.fetchrow(ENDED, job), within=PATIENCE)
    finally:
        await to_thread.run_sync(server.stop)

    assert (rescued, entered) == (0, [1])
    assert after == before
    assert renewed == before["worker"]
    assert (ended["outcome"], ended["attempt"], ended["result"]) == ("done", 1, '{"text": "survived"}')


RUNNING = """
    select job.worker, job.token, job.attempt from fleet.job as job
    join fleet.worker as worker on worker.id = job.worker
    where job.id = $1 and worker.lease_until > now()
"""
RENEWED = "select id from fleet.worker where lease_until > $1::timestamptz"
ENDED = "select outcome::text, attempt, result::text from fleet.job_history where id = $1"


async def crash_and_restart(server: Server, directory: Path) -> Server:
    """Have PostgreSQL drop everything as it is, and start it anew on its files."""
    async with connect(server.url, application="fleet-tests") as connection:
        data = Path(await connection.fetchval("show data_directory"))
    postmaster = int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    os.kill(postmaster, signal.SIGQUIT)
    await to_thread.run_sync(server.stop)
    return await to_thread.run_sync(start_postgres, directory)
