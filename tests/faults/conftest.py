"""Worker processes with short leases, and what their handlers did."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fleet.db import Connection, Pool
from fleet.queue.job import Job
from fleet.queue.wake import Echo
from fleet.testing.database import Schema
from fleet.testing.fleet import Fleet
from fleet.testing.process import WorkerProcess
from fleet.testing.waiting import Until
from tests.faults.steps import Brief, Gate, Mark, Once, Other, Step

LEASE = timedelta(seconds=2)
PATIENCE = timedelta(seconds=30)


@pytest.fixture(scope="session")
def fleet_kinds() -> Sequence[type[Job]]:
    return [Step, Other, Brief, Once]


@pytest.fixture(scope="session")
def fleet_schema() -> Schema:
    async def create(connection: Connection) -> None:
        await connection.execute("create table effect (job bigint, what text, unique (job, what))")

    return create


class Scene:
    """The workers of a test and the trace that their handlers leave."""

    def __init__(self, fleet: Fleet, until: Until, pool: Pool, folder: Path) -> None:
        self._fleet = fleet
        self.until = until
        self._pool = pool
        self._trace = folder / "trace"
        self._trace.touch()
        self.gate = Gate(folder / "gate")

    async def start(self, count: int = 1, **options: Any) -> list[WorkerProcess]:
        knobs: dict[str, Any] = {
            "lease": LEASE,
            "reconcile_pause": timedelta(seconds=0.5),
            "echo": Echo(pause=timedelta(seconds=0.5), limit=timedelta(seconds=1)),
            "environment": {"TRACE": str(self._trace)},
        }
        return await self._fleet.start(count, "tests.faults.steps:open_registry", **(knobs | options))

    def marks(self, event: str, job: int | None = None) -> list[Mark]:
        """Return the lines about *event*, in order; whole ones only, as somebody may be writing."""
        lines = self._trace.read_bytes().split(b"\n")[:-1]
        marks = [msgspec.json.decode(line, type=Mark) for line in lines]
        return [mark for mark in marks if mark.event == event and job in {None, mark.job}]

    async def marked(
        self, event: str, job: int | None = None, *, times: int = 1, within: timedelta = PATIENCE
    ) -> list[Mark]:
        """Wait until *event* has been traced so many times."""

        async def traced() -> list[Mark] | None:
            found = self.marks(event, job)
            return found if len(found) >= times else None

        return await self.until(traced, within=within, what=f"{event} {times} times")

    async def runner(self, job: int) -> WorkerProcess:
        """Return the worker whose handler was the last to begin *job*; waits until one has."""
        begun = await self.marked("began", job)
        return next(worker for worker in self._fleet.workers if worker.pid == begun[-1].pid)

    async def says(self, worker: WorkerProcess, words: str, *, times: int = 1) -> None:
        async def said() -> bool:
            return worker.text().count(words) >= times

        await self.until(said, within=PATIENCE, what=f"{worker.name} says {words} {times} times")

    async def ended(self, *jobs: int, outcome: str = "done", within: timedelta = PATIENCE) -> list[tuple[int, int]]:
        """Wait until all of *jobs* have ended so; returns the id and the attempt of each."""
        seen = [await self.until(job, outcome, within=within) for job in jobs]
        return [(one.id, one.attempt) for one in seen]

    async def accounted(self) -> dict[str, int]:
        """Return how many jobs of the database are where."""
        rows = await self._pool.fetch(
            "select state::text as state, count(*) as jobs from fleet.job group by 1"
            " union all select outcome::text, count(*) from fleet.job_history group by 1"
        )
        return {row["state"]: row["jobs"] for row in rows}

    @property
    def everything(self) -> str:
        return "\n".join(worker.text() for worker in self._fleet.workers)


@pytest.fixture
def scene(fleet: Fleet, until: Until, pool: Pool, tmp_path: Path) -> Scene:
    folder = tmp_path / "scene"
    folder.mkdir()

    return Scene(fleet, until, pool, folder)
