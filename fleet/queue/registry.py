"""Kind → arguments type and handler; filled by the entry point, never by an import."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

import msgspec

from fleet.errors import InvalidJob
from fleet.queue.context import Context
from fleet.queue.job import Job

JobT = TypeVar("JobT", bound=Job)

Result = msgspec.Struct | None
Handler = Callable[[JobT, Context], Awaitable[Result]]


class Registration(Generic[JobT]):
    """One kind a worker can run."""

    def __init__(self, job: type[JobT], handler: Handler[JobT]) -> None:
        self.job = job
        self.handler = handler
        self._decoder = msgspec.json.Decoder(job)

    def decode(self, args: str) -> JobT:
        """Return the typed arguments; raises InvalidJob with the path of what is wrong."""
        try:
            return self._decoder.decode(args)
        except msgspec.ValidationError as problem:
            raise InvalidJob(f"arguments of {self.job.kind} are not valid: {problem}") from None
        except (msgspec.DecodeError, RecursionError):
            raise InvalidJob(f"arguments of {self.job.kind} are not readable JSON") from None


class Registry:
    """The kinds one worker serves."""

    def __init__(self) -> None:
        self._registrations: dict[str, Registration[Any]] = {}

    def add(self, job: type[JobT], handler: Handler[JobT]) -> None:
        if job.kind in self._registrations:
            raise ValueError(f"kind {job.kind} is registered twice")
        self._registrations[job.kind] = Registration(job, handler)

    def __getitem__(self, kind: str) -> Registration[Any]:
        return self._registrations[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registrations)
