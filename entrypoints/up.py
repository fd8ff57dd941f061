"""Runs a fleet with its dashboard on this machine in the foreground until Ctrl-C, which drains it."""

import os
import signal
import sys

import anyio
from anyio import TASK_STATUS_IGNORED, CancelScope
from anyio.abc import TaskStatus

from entrypoints._local_fleet import LocalSettings, find_port, run_local_fleet
from fleet.config import load
from fleet.errors import FleetError


async def up(settings: LocalSettings) -> int:
    """Return 0 after Ctrl-C, 1 when a process ended by itself."""
    early: list[str] = []
    async with anyio.create_task_group() as tasks:
        await tasks.start(_cancel_on_signal, tasks.cancel_scope)
        port = find_port()
        async with run_local_fleet(settings, dashboard=port, log_to_terminal=True) as fleet:
            sys.stdout.write(
                f"the fleet is up; look at it: http://127.0.0.1:{port}/\nor with: {fleet.psql}\nCtrl-C drains it\n"
            )
            sys.stdout.flush()
            early.append(await fleet.wait())
        tasks.cancel_scope.cancel()
    if early:
        sys.stderr.write(f"the {early[0]} ended by itself\n")
    return 1 if early else 0


async def _cancel_on_signal(scope: CancelScope, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()


def main() -> int:
    try:
        return anyio.run(up, load(LocalSettings, os.environ))
    except FleetError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
