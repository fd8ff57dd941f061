"""A client of ours: python -m benchmarks.peers.fleet.client."""

import os
from typing import Any

import anyio
import msgspec

from benchmarks.peers.fleet.tasks import Task
from benchmarks.peers.talk import nothing, serve, side_by_side
from fleet.config import DatabaseUrl
from fleet.db import Pool, open_pool
from fleet.migrate import migrate
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.enqueue import declare, enqueue


async def main(url: DatabaseUrl) -> None:
    async with open_pool(url, application="fleet-peers", size=10) as pool:

        async def install(_ask: dict[str, Any]) -> None:
            await migrate(url)
            async with pool.acquire() as connection:
                await declare(connection, [Task])

        async def bulk(ask: dict[str, Any]) -> None:
            tasks = [msgspec.convert(nothing(number), Task) for number in range(ask["count"])]
            async with pool.acquire() as connection:
                await enqueue_bulk(connection, tasks)

        async def add_all(ask: dict[str, Any]) -> None:
            for task in ask["tasks"]:
                await _add(pool, task)

        async def single(ask: dict[str, Any]) -> None:
            await side_by_side(ask, lambda number: _add(pool, nothing(number)))

        await serve({"install": install, "enqueue": add_all, "bulk": bulk, "single": single})


async def _add(pool: Pool, task: dict[str, Any]) -> None:
    async with pool.acquire() as connection:
        await enqueue(connection, msgspec.convert(task, Task))


if __name__ == "__main__":
    anyio.run(main, DatabaseUrl(os.environ["DATABASE_URL"]), backend_options={"use_uvloop": True})
