"""The least that a queue can do on PostgreSQL: claim from a small table, and delete: python -m benchmarks.raw BATCH.

One connection claims while another deletes. No lease, no retry, no history, no key, no limit of time: nothing that a
queue is for. Ends when nothing is left to claim.
"""

import os
import sys

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from benchmarks.noop import DatabaseSettings
from fleet.config import DatabaseUrl, load
from fleet.db import Connection, connect

SCHEMA = """
    create table raw_job (
        id bigint generated always as identity primary key, taken boolean not null default false, args jsonb not null
    )
"""
ADD = "insert into raw_job (args) values ($1)"
FILL = """insert into raw_job (args) select '{"number": 1}' from generate_series(1, $1)"""

CLAIM = """
    update raw_job set taken = true
    where id = any(array(select id from raw_job where not taken order by id limit $1 for update skip locked))
    returning id, args::text
"""
_DELETE = "delete from raw_job where id = any($1)"


async def prepare(url: DatabaseUrl) -> None:
    async with connect(url, application="benchmark") as connection:
        await connection.execute(SCHEMA)


async def drain(url: DatabaseUrl, batch: int) -> None:
    claimed_in, claimed_out = anyio.create_memory_object_stream[list[int]](1)
    async with (
        connect(url, application="raw") as claiming,
        connect(url, application="raw") as deleting,
        anyio.create_task_group() as tasks,
    ):
        # As in the queue, for the same reason: the plan was made when the table was something else.
        await claiming.execute("set enable_seqscan = off")
        await deleting.execute("set enable_seqscan = off")
        tasks.start_soon(_claim, claiming, batch, claimed_in)
        tasks.start_soon(_delete, deleting, claimed_out)


async def _claim(connection: Connection, batch: int, claimed: MemoryObjectSendStream[list[int]]) -> None:
    statement = await connection.prepare(CLAIM)
    async with claimed:
        while rows := await statement.fetch(batch):
            await claimed.send([row["id"] for row in rows])


async def _delete(connection: Connection, claimed: MemoryObjectReceiveStream[list[int]]) -> None:
    statement = await connection.prepare(_DELETE)
    async with claimed:
        async for ids in claimed:
            await statement.fetch(ids)


if __name__ == "__main__":
    anyio.run(
        drain,
        load(DatabaseSettings, os.environ).database_url,
        int(sys.argv[1]),
        backend_options={"use_uvloop": True},
    )
