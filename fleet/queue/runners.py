"""Runs claimed jobs, each as if in a task of its own.

A task costs more than a short job. So one whose job never waited for anything goes on with the next job, and another
task stands by for the moment in which it does wait. Jobs that wait run side by side; those that do not cost no task.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextvars import Context, copy_context
from datetime import timedelta
from operator import is_

import anyio
from anyio.abc import TaskGroup

from fleet import log
from fleet.queue.ledger import Running
from fleet.queue.outcome import Outcome

# For how long jobs that never wait may keep everything else of the process from its turn.
TURN = timedelta(milliseconds=5)


class Runners:
    """The tasks that run the jobs of one shift.

    *attempt* runs one and lets its cancellation out, *cut_short* says what that came to; *ended* is told each
    outcome, and after how many seconds by *clock*, which the loop's timers go by.
    """

    def __init__(
        self,
        tasks: TaskGroup,
        attempt: Callable[[Running], Awaitable[Outcome]],
        cut_short: Callable[[Running], Outcome],
        ended: Callable[[Running, Outcome, float], None],
        clock: Callable[[], float],
    ) -> None:
        self._tasks = tasks
        self._attempt = attempt
        self._cut_short = cut_short
        self._ended = ended
        self._clock = clock
        self._ready: deque[tuple[Running, timedelta]] = deque()
        self._standing_by = False
        # The scope of the job that runs at the moment, and when it must have ended, which nobody watches yet.
        self._unwatched: tuple[anyio.CancelScope, float] | None = None

    def start(self, jobs: Iterable[tuple[Running, timedelta]]) -> None:
        """Run *jobs*, each with its time limit."""
        self._ready.extend(jobs)
        self._stand_by()

    def _stand_by(self) -> None:
        if self._ready and not self._standing_by:
            self._standing_by = True
            self._tasks.start_soon(self._run)

    def _watch(self) -> None:
        if self._unwatched is not None:
            scope, deadline = self._unwatched
            scope.deadline = deadline
            self._unwatched = None

    def _release(self, scope: anyio.CancelScope) -> None:
        """The job that *scope* surrounded is out of it."""
        if self._unwatched is not None and self._unwatched[0] is scope:
            self._unwatched = None
        else:
            scope.deadline = float("inf")

    async def _run(self) -> None:
        """Run one job after the other, until one has left this task other than it was; another one stands by then."""
        self._standing_by = False
        # This task has its turn, so that job waits for something.
        self._watch()
        as_it_was = copy_context()
        running: Running | None = None
        began = turn_began = self._clock()
        with anyio.CancelScope() as scope:
            while self._ready and not scope.cancel_called and _is_same(copy_context(), as_it_was):
                running, limit = self._ready.popleft()
                self._begin(running, scope, began + limit.total_seconds())
                as_outside = log.OF_JOB.set(running)
                outcome = await self._attempt(running)
                log.OF_JOB.reset(as_outside)
                self._release(scope)
                ended_at = self._clock()
                self._ended(running, outcome, ended_at - began)
                running, began = None, ended_at
                if began - turn_began > TURN.total_seconds():
                    await anyio.lowlevel.checkpoint()
                    began = turn_began = self._clock()
        if running is not None:
            self._ended(running, self._cut_short(running), self._clock() - began)

    def _begin(self, running: Running, scope: anyio.CancelScope, deadline: float) -> None:
        # Of another task, which waits: or this one would not have its turn.
        self._watch()
        running.enter(scope, deadline)
        self._unwatched = scope, deadline
        if self._ready:
            self._stand_by()
        else:
            self._watch()


def _is_same(one: Context, other: Context) -> bool:
    """Tell whether two contexts hold the same objects: to compare what handlers put there is to run their code."""
    return len(one) == len(other) and all(map(is_, one, other)) and all(map(is_, one.values(), other.values()))
