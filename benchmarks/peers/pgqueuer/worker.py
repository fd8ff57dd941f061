"""A worker of pgqueuer: python -m benchmarks.peers.pgqueuer.worker ORDER."""

import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from pgqueuer import PgQueuer, run
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job

from benchmarks.peers.acts import Journal, perform

KIND, TRIES = "act", 3


async def work(order: dict[str, Any], url: str) -> None:
    journal, slots = Journal(Path(order["journal"]), order["life"]), order["slots"]

    async def act(job: Job) -> None:
        await perform(json.loads(job.payload or b"null"), journal)

    @asynccontextmanager
    async def open_queue() -> AsyncIterator[PgQueuer]:
        # A connection and not a pool, as its guide to performance says of workers.
        connection = await asyncpg.connect(url)
        try:
            queue = PgQueuer.from_asyncpg_connection(connection)
            queue.entrypoint(KIND, executor_factory=_retrying)(act)
            yield queue
        finally:
            await connection.close()

    await run(
        open_queue,
        batch_size=max(slots // 2, 1),
        max_concurrent_tasks=slots,
        dequeue_timeout=timedelta(seconds=1),
        heartbeat_timeout=timedelta(seconds=order["lease"]),
        shutdown_on_listener_failure=True,
        restart_on_failure=True,
        restart_delay=timedelta(seconds=1),
    )


def _retrying(parameters: Any) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(
        parameters=parameters, max_attempts=TRIES - 1, initial_delay=timedelta(seconds=1)
    )


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.WARNING if given["throughput"] else logging.INFO)
    uvloop.run(work(given, os.environ["DATABASE_URL"]))
