"""The kind of job that the peers run, as one of ours."""

from typing import ClassVar

from benchmarks.peers.peer import KIND, QUEUE, Act
from fleet.queue.job import Job


class Task(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = KIND
    queue: ClassVar[str] = QUEUE
    result: ClassVar[type[None]] = type(None)

    mark: str
    act: Act = "rest"
    seconds: float = 0.0
