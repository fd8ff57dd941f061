"""How one worker works: its slots, its lease, how it stops, and when it gives up."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from time import monotonic
from typing import NoReturn

import anyio
import msgspec

from fleet.config import Secret
from fleet.db import Connect, connect
from fleet.queue.clock import elapsed
from fleet.queue.drain import Drain, Stop
from fleet.queue.lease import Lease
from fleet.queue.wake import Echo
from fleet.telemetry import Telemetry

EXIT_STOPPED = 0
EXIT_DATABASE_GONE = 69
EXIT_STUCK = 70


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """*direct_url* must reach PostgreSQL itself: LISTEN through a transaction pooler never delivers.

    *queues* gives the slots of each queue. *keeper*: whether a process of its own renews the lease; it buries a worker
    whose loop is blocked for *stall_grace* longer than the longest time limit of its jobs. *stuck_after* is how long a
    handler may go on after it was cancelled for its time limit. *patience* is how long the worker looks for a database
    that is gone. *timer* is the clock that the loop's timers go by, read without asking first which loop is running.
    *telemetry* is where the worker notes what it does.
    """

    direct_url: Secret
    queues: Mapping[str, int]
    drain: Drain
    lease: Lease = Lease()
    keeper: bool = True
    stall_grace: timedelta = timedelta(minutes=1)
    echo: Echo = Echo()
    stuck_after: timedelta = timedelta(seconds=10)
    reconcile_pause: timedelta = timedelta(seconds=5)
    patience: timedelta = timedelta(minutes=5)
    retry_pause: timedelta = timedelta(seconds=1)
    shortest_nap: timedelta = timedelta(milliseconds=50)
    close_limit: timedelta = timedelta(seconds=1)
    leave: Callable[[int], NoReturn] = os._exit
    connect: Connect = connect
    clock: Callable[[], float] = elapsed
    timer: Callable[[], float] = monotonic
    telemetry: Telemetry | None = None

    def abandon(self) -> NoReturn:
        """End the process around a handler that ignores its cancellation."""
        self.leave(EXIT_STUCK)

    def nap(self, poll: timedelta, due: timedelta | None, *, fruitful: bool) -> timedelta:
        """Return how long to wait for a ring after a claim.

        What is due and could still not be claimed is locked by somebody else; asking again at once would be asking
        without end.
        """
        if due is None:
            return poll
        return min(poll, due if fruitful else max(due, self.shortest_nap))

    async def pause(self, stop: Stop, random: Random) -> None:
        """Wait before trying the database again: jittered, so that a fleet does not come back as one."""
        with anyio.move_on_after(self.retry_pause.total_seconds() * (0.5 + random.random())):
            await stop.requested.wait()
