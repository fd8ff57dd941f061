"""A worker of ours: python -m benchmarks.peers.fleet.worker ORDER."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from random import SystemRandom

import anyio
import msgspec

from benchmarks.peers.acts import Journal, perform
from benchmarks.peers.fleet.tasks import Task
from benchmarks.peers.peer import QUEUE, Order
from fleet import log
from fleet.config import DatabaseUrl
from fleet.db import open_pool
from fleet.queue.context import Context
from fleet.queue.drain import Drain, Stop
from fleet.queue.lease import Lease
from fleet.queue.plan import Plan
from fleet.queue.registry import Registry
from fleet.queue.store import Identity
from fleet.queue.worker import Worker


async def work(order: Order, url: DatabaseUrl) -> int:
    journal, registry, stop = Journal(Path(order.journal), order.life), Registry(), Stop()

    async def handle(task: Task, _context: Context) -> None:
        await perform(msgspec.structs.asdict(task), journal)

    async def watch_signals() -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for _ in signals:
                stop.request()

    registry.add(Task, handle)
    plan = Plan(
        direct_url=url,
        queues={QUEUE: order.slots},
        drain=Drain.within(timedelta(seconds=order.stop)),
        lease=Lease(timedelta(seconds=order.lease)),
    )
    identity = Identity(service="fleet-peers", replica=order.life, version="source", pid=os.getpid())
    async with anyio.create_task_group() as tasks, open_pool(url, application="fleet-peers", size=8) as pool:
        tasks.start_soon(watch_signals)
        code = await Worker(pool, registry, identity, plan, SystemRandom()).run(stop)
        tasks.cancel_scope.cancel()
    return code


if __name__ == "__main__":
    given = msgspec.json.decode(sys.argv[1], type=Order)
    log.configure(service="fleet-peers", level="warning" if given.throughput else "info", replica=given.life)
    address = DatabaseUrl(os.environ["DATABASE_URL"])
    sys.exit(anyio.run(work, given, address, backend_options={"use_uvloop": True}))
