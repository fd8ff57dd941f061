"""The other job queues as contenders: which there are, at how many slots, and what they do in a benchmark."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import anyio
import msgspec
from anyio import to_thread

from benchmarks.frame.ground import APPLICATION, Ground, settle
from benchmarks.frame.usage import usage_of_group
from benchmarks.peers.environment import Environment, PeerMissingError, build, default_folder
from benchmarks.peers.known import PEERS
from benchmarks.peers.peer import Order
from benchmarks.peers.running import Client, Running, open_client, open_worker
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.testing.until import until

_POLL = timedelta(milliseconds=50)
_PATIENCE = timedelta(minutes=5)


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """*slots* are for many small jobs; the *share* of them keeps a round of a slow one short.

    *left* counts the jobs that are not done.
    """

    environment: Environment
    slots: int
    share: float
    left: str

    @property
    def name(self) -> str:
        return self.environment.peer.name

    def jobs(self, jobs: int) -> int:
        return max(1, int(jobs * self.share))


# The slots that were fastest of those that the documentation of each names or leaves open.
_SLOTS = {"fleet": 1000, "graphile-worker": 100, "pg-boss": 2000, "pgqueuer": 2000, "procrastinate": 40}
_SHARES = {"fleet": 1.0, "graphile-worker": 1.0, "pg-boss": 0.3, "pgqueuer": 0.3, "procrastinate": 0.01}
_LEFT = {
    "fleet": "select count(*) from fleet.job",
    "graphile-worker": "select count(*) from graphile_worker._private_jobs",
    "pg-boss": "select count(*) from pgboss.job where name = 'peers' and state in ('created', 'retry', 'active')",
    "pgqueuer": "select count(*) from pgqueuer where status in ('queued', 'picked')",
    "procrastinate": "select count(*) from procrastinate_jobs where status in ('todo', 'doing')",
}
NAMES = tuple(name for name in _SLOTS if name != "fleet")


async def find(names: Sequence[str]) -> list[Other]:
    """Return those of *names* that can be had here; says which cannot, and why."""
    found = []
    for name in names:
        try:
            environment = await to_thread.run_sync(build, PEERS[name], default_folder(os.environ))
        except PeerMissingError as missing:
            print(missing, file=sys.stderr)  # noqa: T201  # a script's output
            continue
        found.append(Other(environment=environment, slots=_SLOTS[name], share=_SHARES[name], left=_LEFT[name]))
    return found


@asynccontextmanager
async def database_of(other: Other, ground: Ground) -> AsyncIterator[DatabaseUrl]:
    """Yield a database with the schema of *other*."""

    async def prepare(url: DatabaseUrl) -> None:
        with _folder() as logs:
            async with open_client(other.environment, url, logs) as client:
                await client.install()

    async with ground.database(f"peer_{other.name}", prepare) as url:
        yield url


@asynccontextmanager
async def client_of(other: Other, url: DatabaseUrl) -> AsyncIterator[Client]:
    with _folder() as logs:
        async with open_client(other.environment, url, logs) as client:
            yield client


@asynccontextmanager
async def workers_of(other: Other, url: DatabaseUrl, count: int) -> AsyncIterator[Sequence[Running]]:
    """Run *count* workers with the settings for many small jobs."""
    async with AsyncExitStack() as running:
        logs = running.enter_context(_folder())
        yield [
            await running.enter_async_context(
                open_worker(
                    other.environment,
                    url,
                    Order(life=f"w{number}", journal=str(logs / "journal"), slots=other.slots, throughput=True),
                    logs,
                )
            )
            for number in range(count)
        ]


async def drain_other(other: Other, ground: Ground, jobs: int) -> Mapping[str, float]:
    """Let one worker work off what its client has enqueued; raises AssertionError when it cannot."""
    jobs = other.jobs(jobs)
    async with database_of(other, ground) as url, connect(url, application=APPLICATION) as connection:
        async with client_of(other, url) as client:
            enqueued = await client.bulk(jobs)
        await settle(connection)
        async with workers_of(other, url, 1) as (worker,):
            rate = await _rate(other, connection, jobs)
            cpu = usage_of_group(worker.pid).cpu
    return {"rate": rate, "bulk_rate": jobs / enqueued.seconds, "cpu": cpu / jobs * 10_000}


async def _rate(other: Other, connection: Connection, jobs: int) -> float:
    """Return how many jobs are done in a second, from when the first ones are until all are."""

    async def some_are_done() -> bool:
        return bool(await connection.fetchval(other.left) < jobs)

    await until(some_are_done, within=_PATIENCE, what=f"{other.name} has begun")
    began = perf_counter()
    left: int = await connection.fetchval(other.left)
    idle = not left
    with anyio.fail_after(_PATIENCE.total_seconds()):
        while not idle:
            # A look passes over all that is done, so it is not taken too often.
            await anyio.sleep(_POLL.total_seconds())
            idle = await connection.fetchval(other.environment.peer.idle)
    return left / (perf_counter() - began)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fleet-benchmark-") as folder:
        yield Path(folder)
