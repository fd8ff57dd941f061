"""Worker processes, each with its own way to the test's database."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import Pool
from fleet.queue.wake import Echo
from fleet.testing.process import WorkerProcess
from fleet.testing.proxy import open_proxy
from fleet.testing.worker import WorkerPlan

_ECHO = Echo()
# What a program needs to run at all; the rest of a test's environment is not the workers' business.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Fleet:
    """Starts workers; whatever still runs when the test is over is ended, with all that it has started."""

    def __init__(
        self,
        url: DatabaseUrl,
        pool: Pool,
        *,
        registry: str | None,
        logs: Path,
        environ: Mapping[str, str],
        running: AsyncExitStack,
        called: str = "worker",
    ) -> None:
        self.workers: list[WorkerProcess] = []
        self._url = url
        self._pool = pool
        self._registry = registry
        self._logs = logs
        self._environ = {name: environ[name] for name in _PASSED_ON if name in environ}
        self._running = running
        self._called = called

    async def start(
        self,
        count: int = 1,
        registry: str | None = None,
        *,
        lease: timedelta = timedelta(seconds=15),
        drain: timedelta = timedelta(seconds=10),
        reconcile_pause: timedelta = timedelta(seconds=5),
        echo: Echo = _ECHO,
        slots: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> list[WorkerProcess]:
        """Start *count* workers on the *registry* that "module:attribute" names, and return them once they work.

        The attribute is a Registry, or opens one: ``(pool) -> async context manager``. Without it, the fixture
        ``fleet_registry`` names it. *drain* is all the time that a worker has to stop; *slots* are ten of the queue of
        each kind; *environment* comes on top of what every program needs.
        """
        name = registry or self._registry
        if name is None:
            raise ValueError("name a registry: fleet.start(2, 'module:attribute'), or the fixture fleet_registry")
        plan = WorkerPlan(
            name="",
            starter=os.getpid(),
            slots=None if slots is None else dict(slots),
            lease=lease,
            drain=drain,
            reconcile_pause=reconcile_pause,
            echo=echo,
        )
        started = [await self._launch(name, plan, dict(environment or {})) for _ in range(count)]
        for worker in started:
            await worker.id()
            await worker.kept()
        return started

    async def _launch(self, registry: str, plan: WorkerPlan, environment: dict[str, str]) -> WorkerProcess:
        name = f"{self._called}-{len(self.workers) + 1}"
        proxy = await self._running.enter_async_context(open_proxy(self._url))
        log = self._logs / f"{name}.log"
        order = msgspec.json.encode(msgspec.structs.replace(plan, name=name)).decode()
        with log.open("wb") as output:
            process = await anyio.open_process(
                [sys.executable, "-m", "fleet.testing.worker", registry, order],
                env={
                    **self._environ,
                    "PYTHONPATH": _import_path(),
                    **environment,
                    "DATABASE_URL": proxy.url.reveal(),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = WorkerProcess(name, process, log, proxy, self._pool)
        self._running.push_async_callback(worker.end)
        self.workers.append(worker)
        return worker


def _import_path() -> str:
    """What the test can import, its workers can."""
    return os.pathsep.join(str(Path.cwd() / entry) for entry in sys.path)


@asynccontextmanager
async def open_fleet(
    url: DatabaseUrl,
    pool: Pool,
    *,
    registry: str | None,
    logs: Path,
    environ: Mapping[str, str],
    called: str = "worker",
) -> AsyncIterator[Fleet]:
    """Yield a fleet without workers; those it starts are *called* so and numbered, and end with the block."""
    async with AsyncExitStack() as running:
        yield Fleet(url, pool, registry=registry, logs=logs, environ=environ, running=running, called=called)
