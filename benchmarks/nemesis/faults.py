"""What befalls a worker process; each fault is seen to have happened, or counts as missed."""

import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from time import monotonic

import anyio

from benchmarks.nemesis.history import Hit
from benchmarks.nemesis.lives import keeper_of, seen_off
from benchmarks.nemesis.schedule import Fault
from fleet.db import ConnectionFailure, Pool, ServerError
from fleet.testing.process import WorkerProcess
from fleet.testing.until import until

MISSED = (AssertionError, *ConnectionFailure, ServerError)  # an OSError, too, is among those of the connection
_SLOW = timedelta(milliseconds=150)
_HEALED = timedelta(seconds=60)


class OnWorker:
    """Faults on one worker process; those that end it leave it to the caller to start another.

    Into *deaths* goes a worker that ended otherwise than it should have when it was asked to.
    """

    def __init__(self, worker: WorkerProcess, pool: Pool, lease: timedelta, deaths: list[str]) -> None:
        self.ended = False
        self._deaths = deaths
        self._worker = worker
        self._pool = pool
        self._lease = lease.total_seconds()

    async def inflict(self, fault: Fault) -> Hit:
        """Let *fault* happen and pass; returns what came of it."""
        began = monotonic()
        missed = False
        try:
            await self._do[fault.kind](self, fault.leases)
        except MISSED:
            missed = True
            await self._heal()
        return Hit(kind=fault.kind, began=began, ended=monotonic(), life=self._worker.name, missed=missed)

    async def _kill(self, _leases: float) -> None:
        await self._worker.kill()
        self.ended = True
        await seen_off(self._worker)

    async def _kill_keeper(self, _leases: float) -> None:
        os.kill(keeper_of(self._worker), signal.SIGKILL)

    async def _freeze_keeper(self, leases: float) -> None:
        keeper = keeper_of(self._worker)
        os.kill(keeper, signal.SIGSTOP)
        await anyio.sleep(leases * self._lease)
        # One that is gone by then has been replaced.
        with suppress(ProcessLookupError):
            os.kill(keeper, signal.SIGCONT)

    async def _freeze(self, leases: float) -> None:
        await self._worker.freeze()
        await anyio.sleep(leases * self._lease)
        await self._worker.thaw()

    async def _deploy(self, leases: float) -> None:
        """SIGTERM, and SIGKILL after what may be less than it needs."""
        code = None
        with anyio.move_on_after(leases):
            code = await self._worker.terminate()
        if code is None:
            await self._worker.kill()
        self.ended = True
        await seen_off(self._worker)
        if code:
            self._deaths.append(f"{self._worker.name} ended with {code} when it was asked to stop")

    async def _half_open(self, leases: float) -> None:
        await self._worker.half_open()
        await self._pass(leases)

    async def _partition(self, leases: float) -> None:
        await self._worker.half_open(also_new=True)
        await self._pass(leases)

    async def _answers_lost(self, leases: float) -> None:
        await self._worker.half_open(answers_only=True)
        await self._pass(leases)

    async def _slow_db(self, leases: float) -> None:
        await self._worker.slow_db(_SLOW)
        await self._pass(leases)

    async def _terminate(self, _leases: float) -> None:
        backends = [link.backend for link in self._worker.proxy.links if link.backend is not None]
        ended = await self._pool.fetchval(
            "select count(*) from unnest($1::integer[]) as backend where pg_terminate_backend(backend)", backends
        )
        if not ended:
            raise AssertionError("there was no connection to end")

    async def _cut_listen(self, _leases: float) -> None:
        await self._worker.cut_listen()

    async def _deafen(self, leases: float) -> None:
        await self._worker.cut_listen(silently=True)
        await self._pass(leases)

    async def _lose_lease(self, _leases: float) -> None:
        await self._worker.lose_lease()

    async def _pass(self, leases: float) -> None:
        await anyio.sleep(leases * self._lease)
        await self._heal()

    async def _heal(self) -> None:
        """Heal what can be, also when the database is away at that moment."""

        async def healed() -> bool:
            with suppress(*ConnectionFailure, ServerError):
                await self._worker.heal()
                return True
            return False

        if not self.ended:
            await until(healed, within=_HEALED, what=f"the ways of {self._worker.name} are healed")

    _do: dict[str, Callable[["OnWorker", float], Awaitable[None]]] = {  # noqa: RUF012  # a table of its methods
        "kill": _kill,
        "kill_keeper": _kill_keeper,
        "freeze_keeper": _freeze_keeper,
        "freeze": _freeze,
        "deploy": _deploy,
        "half_open": _half_open,
        "partition": _partition,
        "answers_lost": _answers_lost,
        "slow_db": _slow_db,
        "terminate": _terminate,
        "cut_listen": _cut_listen,
        "deafen": _deafen,
        "lose_lease": _lose_lease,
    }
