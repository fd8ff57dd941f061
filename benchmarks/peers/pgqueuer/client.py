"""A client of pgqueuer: python -m benchmarks.peers.pgqueuer.client."""

import json
import os
from typing import Any

import asyncpg
import uvloop
from pgqueuer import Queries
from pgqueuer.db import AsyncpgPoolDriver

from benchmarks.peers.talk import nothing, serve, side_by_side

KIND = "act"
# So many rows of a call, which is one statement.
BATCH = 5000


async def main(url: str) -> None:
    async with asyncpg.create_pool(url, min_size=1, max_size=10) as pool:
        queries = Queries(AsyncpgPoolDriver(pool))

        async def install(_ask: dict[str, Any]) -> None:
            await queries.install()
            await queries.optimize_autovacuum()

        async def bulk(ask: dict[str, Any]) -> None:
            payloads: list[bytes | None] = [_payload(nothing(number)) for number in range(ask["count"])]
            for first in range(0, len(payloads), BATCH):
                some = payloads[first : first + BATCH]
                await queries.enqueue([KIND] * len(some), some, [0] * len(some))

        async def add_all(ask: dict[str, Any]) -> None:
            for task in ask["tasks"]:
                await queries.enqueue(KIND, _payload(task))

        async def single(ask: dict[str, Any]) -> None:
            await side_by_side(ask, lambda number: queries.enqueue(KIND, _payload(nothing(number))))

        await serve({"install": install, "enqueue": add_all, "bulk": bulk, "single": single})


def _payload(task: dict[str, Any]) -> bytes:
    return json.dumps(task).encode()


if __name__ == "__main__":
    uvloop.run(main(os.environ["DATABASE_URL"]))
