"""Worker processes one after another in one place, as a platform keeps them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import anyio
import msgspec

from benchmarks.nemesis.kinds import JOURNAL, LIFE, QUEUE, REGISTRY
from fleet.config import DatabaseUrl
from fleet.db import ConnectionFailure, Pool
from fleet.testing.fleet import open_fleet
from fleet.testing.process import WorkerProcess
from fleet.testing.until import until

_PATIENCE = timedelta(seconds=40)
_FAREWELL = timedelta(seconds=3)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How the workers of a run work, and where what they do is written down."""

    url: DatabaseUrl
    pool: Pool
    folder: Path
    environ: dict[str, str]
    lease: timedelta
    drain: timedelta = timedelta(seconds=10)
    slots: int = 10

    @property
    def journal(self) -> Path:
        return self.folder / "journal"


@asynccontextmanager
async def open_life(setting: Setting, name: str) -> AsyncIterator[WorkerProcess]:
    """Run one worker process, which is ended with the block, whatever has become of it."""
    async with open_fleet(
        setting.url, setting.pool, registry=REGISTRY, logs=setting.folder, environ=setting.environ, called=name
    ) as fleet:
        environment = {JOURNAL: str(setting.journal), LIFE: f"{name}-1"}
        try:
            await fleet.start(
                lease=setting.lease,
                drain=setting.drain,
                slots={QUEUE: setting.slots},
                reconcile_pause=min(timedelta(seconds=5), setting.lease / 2),
                environment=environment,
            )
        except ConnectionFailure:
            # It has been started, and the database is gone that would say that it works.
            await works(fleet.workers[0])
        yield fleet.workers[0]


async def works(worker: WorkerProcess) -> None:
    """Wait until *worker* has a lease, though the database may be gone for a while."""

    async def registered() -> bool:
        try:
            await worker.id()
        except ConnectionFailure:
            return False
        return True

    await until(registered, within=_PATIENCE, what=f"{worker.name} works")


async def ended_itself(worker: WorkerProcess) -> int | None:
    """Return the exit code of a worker that has ended, or None."""
    with anyio.move_on_after(0.01):
        return await worker.exit_code()
    return None


async def seen_off(worker: WorkerProcess) -> None:
    """Wait until the keeper of a *worker* that was killed has done its last duty and ended, if it can."""

    async def alone() -> bool:
        try:
            os.killpg(worker.pid, 0)
        except ProcessLookupError:
            return True
        return False

    with suppress(AssertionError):
        await until(alone, within=_FAREWELL, what=f"all that {worker.name} started has ended")


def keeper_of(worker: WorkerProcess) -> int:
    """Return the number of its keeper's process; raises AssertionError when it has none at the moment."""
    for child in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text(encoding="ascii").split():
        if b"fleet.queue.keeper" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError(f"{worker.name} has no keeper")
