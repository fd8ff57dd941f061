"""Workers of Fleet at work, each with its keeper."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from anyio.abc import Process

from benchmarks.frame.process import ROOT, open_python, stopped
from benchmarks.frame.usage import children_of, usage_of
from fleet.config import DatabaseUrl
from fleet.db import Connection
from fleet.testing.until import until

_PATIENCE = timedelta(seconds=20)
# A worker renews its lease itself until its keeper does.
_AT_WORK = """
    select count(*) filter (where application_name like 'fleet-keeper-%')
        - count(*) filter (where application_name like 'fleet-lease-%')
    from pg_stat_activity where datname = current_database()
"""


class Workers:
    """Processes that have a lease and are listening."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes

    def cpu(self) -> float:
        """Return how many seconds of a core they have used so far, their keepers included."""
        return sum(usage_of(pid).cpu for one in self._processes for pid in (one.pid, *children_of(one.pid)))

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    async def stop(self) -> int:
        """Stop them all; returns how many jobs their handlers have run."""
        return sum([int((await stopped(process)).splitlines()[-1]) for process in self._processes])


@asynccontextmanager
async def open_workers(
    connection: Connection,
    url: DatabaseUrl,
    count: int,
    *,
    environment: Mapping[str, str] | None = None,
    checkout: Path = ROOT,
) -> AsyncIterator[Workers]:
    """Start *count* workers; what of them is left at the end of the block is killed."""
    async with AsyncExitStack() as running:
        processes = [
            await running.enter_async_context(
                open_python("benchmarks.worker", url, environment=environment, checkout=checkout)
            )
            for _ in range(count)
        ]

        async def at_work() -> bool:
            for process in processes:
                if process.returncode is not None:
                    await stopped(process)
            return bool(await connection.fetchval(_AT_WORK) == count)

        await until(at_work, within=_PATIENCE, what="each worker has its keeper")
        yield Workers(processes)
