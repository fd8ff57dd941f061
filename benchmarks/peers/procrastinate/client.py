"""A client of procrastinate: python -m benchmarks.peers.procrastinate.client."""

import asyncio
import os
from typing import Any

from benchmarks.peers.procrastinate.app import KIND, open_app
from benchmarks.peers.talk import nothing, serve, side_by_side

# So many rows of a call, which is one statement.
BATCH = 5000


async def main(url: str) -> None:
    app = open_app(url, None, connections=10)
    task = app.tasks[KIND]

    async def install(_ask: dict[str, Any]) -> None:
        await app.schema_manager.apply_schema_async()

    async def bulk(ask: dict[str, Any]) -> None:
        tasks = [nothing(number) for number in range(ask["count"])]
        for first in range(0, len(tasks), BATCH):
            await task.batch_defer_async(*tasks[first : first + BATCH])

    async def add_all(ask: dict[str, Any]) -> None:
        for one in ask["tasks"]:
            await task.defer_async(**one)

    async def single(ask: dict[str, Any]) -> None:
        await side_by_side(ask, lambda number: task.defer_async(**nothing(number)))

    async with app.open_async():
        await serve({"install": install, "enqueue": add_all, "bulk": bulk, "single": single})


if __name__ == "__main__":
    asyncio.run(main(os.environ["DATABASE_URL"]))
