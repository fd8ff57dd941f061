"""What a job costs over a bare row: the same jobs by enqueue_bulk, by enqueue_many, and by a raw COPY of their values.

The three take turns on one connection, so that whatever else the machine does falls on all of them; on a PostgreSQL of
their own, because they empty the queue. Prints JSON lines: python -m benchmarks.bulk_enqueue [ROUNDS].
"""

import sys
from contextlib import AsyncExitStack
from statistics import median
from time import perf_counter
from typing import ClassVar

import anyio
import msgspec

from fleet.db import Connection, connect
from fleet.local.server import run_postgres
from fleet.migrate import migrate
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.enqueue import declare, enqueue_many
from fleet.queue.job import Job

BULK = 100_000
MANY = 10_000
COLUMNS = ("kind", "queue", "state", "priority", "args", "max_attempts", "traceparent", "enqueued_at", "run_at")


class Letter(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "benchmark_letter"
    queue: ClassVar[str] = "benchmark_letters"

    to: str
    number: int


async def measure(connection: Connection) -> dict[str, float]:
    """Return the seconds that each way takes."""
    letters = [Letter(to="somebody@example.org", number=number) for number in range(BULK)]
    seconds = {}
    await connection.execute("truncate fleet.job, bare")

    began = perf_counter()
    await enqueue_bulk(connection, letters)
    seconds["enqueue_bulk"] = perf_counter() - began

    # Made before the clock starts: only the COPY itself is the yardstick.
    rows = [tuple(row) for row in await connection.fetch(f"select {', '.join(COLUMNS)} from fleet.job")]  # noqa: S608  # constants
    began = perf_counter()
    await connection.copy_records_to_table("bare", columns=COLUMNS, records=rows)
    seconds["raw_copy"] = perf_counter() - began

    await connection.execute("truncate fleet.job")
    began = perf_counter()
    await enqueue_many(connection, letters[:MANY])
    seconds["enqueue_many"] = perf_counter() - began
    return seconds


async def main(rounds: int) -> None:
    async with run_postgres(None) as url, AsyncExitStack() as connected:
        await migrate(url)
        connection = await connected.enter_async_context(connect(url, application="fleet-benchmark"))
        await declare(connection, [Letter])
        await connection.execute(
            "create temporary table bare (id bigint generated always as identity, kind text, queue text,"
            " state fleet.job_state, priority smallint, args jsonb, max_attempts smallint, traceparent text,"
            " enqueued_at timestamptz, run_at timestamptz)"
        )
        runs = [await measure(connection) for _ in range(rounds)]
    for run in runs:
        print(msgspec.json.encode(run).decode())  # noqa: T201  # a script's output
    bulk, raw, many = (median(run[way] for run in runs) for way in ("enqueue_bulk", "raw_copy", "enqueue_many"))
    summary = {
        "jobs": BULK,
        "bulk_per_second": round(BULK / bulk),
        "raw_copy_per_second": round(BULK / raw),
        "ratio": round(bulk / raw, 2),
        "many_per_second": round(MANY / many),
    }
    print(msgspec.json.encode(summary).decode())  # noqa: T201  # a script's output


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if sys.argv[1:] else 3)
