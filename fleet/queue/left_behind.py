"""What handlers leave behind in their process: tasks that go on without them, and a changed working folder.

Looked for now and then and not as each job ends: that would cost a short job more than the job itself. Whose threads
are whose, nothing says.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from contextvars import Context
from pathlib import Path
from typing import Any
from weakref import WeakSet

import anyio
import structlog

from fleet import log
from fleet.queue.ledger import Running

Task = asyncio.Task[Any]


class LeftBehind:
    """What the handlers of one process have left behind since the last look."""

    def __init__(self) -> None:
        self._home = _folder()
        self._log = structlog.get_logger()
        self._seen: WeakSet[Task] = WeakSet()
        self._told: WeakSet[Task] = WeakSet()
        # Where the process was at the last look, if not at home, and who may have led it there and is not out yet.
        self._away: str | None = None
        self._leaders: list[Running] = []

    def look(self, under_way: Iterable[Running]) -> None:
        """Cancel what was left at the last look already, and go home as soon as none of those *under way* minds."""
        self._end_tasks()
        self._go_home(under_way)

    def _end_tasks(self) -> None:
        """What ends by itself from one look to the next may: it was on its way."""
        left = {task: running for task, running in _orphans() if task not in self._told}
        for task in left.keys() & set(self._seen):
            self._told.add(task)
            running = left[task]
            does = getattr(task.get_coro(), "__qualname__", "")
            self._log.warning("job.left_task", task=task.get_name(), does=does, **running.facts())
            task.cancel()
        self._seen = WeakSet(left)

    def _go_home(self, under_way: Iterable[Running]) -> None:
        """Once whoever may have changed the working folder is out: it may need the other one for as long as it runs."""
        folder = _folder()
        if folder == self._home:
            self._away = None
            return
        if folder != self._away:
            self._away, self._leaders = folder, [one for one in under_way if not one.unwound]
            kinds = sorted({one.claimed.kind for one in self._leaders})
            self._log.warning("process.left_home", folder=folder, home=self._home, kinds=kinds)
        if all(one.unwound for one in self._leaders):
            with suppress(OSError):
                os.chdir(self._home)
                self._log.warning("process.back_home", home=self._home)


def _folder() -> str:
    """Return the working folder, and nothing when it is there no more."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _orphans() -> Iterator[tuple[Task, Running]]:
    """Yield the tasks that were started by handlers that are out, and that nobody waits for."""
    left = []
    for task in asyncio.all_tasks():
        of_job = _context(task).get(log.OF_JOB)
        if isinstance(of_job, Running) and of_job.unwound:
            left.append((task, of_job))
    if left:
        # Those of a task group that outlives the job: whoever opened it wants them to.
        owned = {info.id for info in anyio.get_running_tasks() if info.parent_id is not None}
        yield from ((task, running) for task, running in left if id(task) not in owned)


if sys.version_info >= (3, 12):

    def _context(task: Task) -> Context:
        return task.get_context()

else:

    def _context(task: Task) -> Context:
        """It has no method for that yet, and the collector of garbage knows all that it refers to."""
        return next((one for one in gc.get_referents(task) if isinstance(one, Context)), Context())
