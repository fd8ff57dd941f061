"""Inflicts one fault after another on one queue after another."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import anyio

from benchmarks.fault_table.cell import Cell, Seen
from benchmarks.fault_table.faults import FAULTS
from benchmarks.fault_table.stage import open_stage
from benchmarks.peers.environment import Environment
from fleet.db import ConnectionFailure, ServerError, connect
from fleet.errors import FleetError
from fleet.testing.server import OwnServer, open_folder, open_server

# Side by side, because they mostly wait; more would keep each other waiting on a small machine.
AT_ONCE = 2
_FAILED = (AssertionError, TimeoutError, OSError, *ConnectionFailure, ServerError, FleetError)


class Run:
    """What *faults* do: it is in *cells* when they are done; *postgres* is the version of the server."""

    def __init__(self, faults: Sequence[str], tell: Callable[[Cell], None]) -> None:
        self.cells: list[Cell] = []
        self.postgres = ""
        self._faults = faults
        self._tell = tell
        self._room = anyio.CapacityLimiter(AT_ONCE)

    async def on(self, environment: Environment) -> None:
        async with self._room:
            with open_folder() as files, TemporaryDirectory(prefix="fleet-faults-") as logs:
                async with open_server(files) as server:
                    async with connect(server.url, application="fault-table") as connection:
                        self.postgres = await connection.fetchval("show server_version")
                    for fault in self._faults:
                        cell = await self._inflict(fault, environment, server, Path(logs))
                        self.cells.append(cell)
                        self._tell(cell)

    async def _inflict(self, fault: str, environment: Environment, server: OwnServer, logs: Path) -> Cell:
        began, void, at = monotonic(), False, datetime.now(UTC)
        seen = Seen("")
        try:
            with anyio.fail_after(FAULTS[fault].limit.total_seconds()):
                async with open_stage(environment, server, logs, fault) as stage:
                    seen = await FAULTS[fault].inflict(stage)
        except* _FAILED as failures:
            void, seen = True, Seen(f"{_leaf(failures)}"[:2000])
        return Cell(
            fault=fault,
            peer=environment.peer.name,
            version=environment.version,
            words=seen.words,
            void=void,
            figures={name: round(figure, 2) for name, figure in seen.figures.items()},
            at=at.isoformat(timespec="seconds"),
            seconds=round(monotonic() - began, 1),
            load=round(os.getloadavg()[0], 1),
        )


def _leaf(failure: BaseException) -> BaseException:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
