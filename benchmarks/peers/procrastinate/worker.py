"""A worker of procrastinate: python -m benchmarks.peers.procrastinate.worker ORDER."""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.acts import Journal
from benchmarks.peers.procrastinate.app import QUEUE, add_rescue, open_app


async def work(order: dict[str, Any], url: str) -> None:
    slots = order["slots"]
    # A connection for each job that may end at a time, and some for the worker itself, as far as the server has any.
    app = open_app(url, Journal(Path(order["journal"]), order["life"]), connections=min(slots + 4, 40))
    if not order["throughput"]:
        add_rescue(app, order["lease"])
    async with app.open_async():
        await app.run_worker_async(
            queues=[QUEUE],
            name=order["life"],
            concurrency=slots,
            fetch_job_polling_interval=1.0,
            abort_job_polling_interval=1.0,
            shutdown_graceful_timeout=order["stop"] * 0.6,
            listen_notify=True,
            delete_jobs="successful",
            update_heartbeat_interval=order["lease"] / 5,
            stalled_worker_timeout=order["lease"],
        )


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.WARNING if given["throughput"] else logging.INFO)
    asyncio.run(work(given, os.environ["DATABASE_URL"]))
