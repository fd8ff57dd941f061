"""Kind → arguments type and handler; filled by the entry point, never by an import."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar, cast

import msgspec

from fleet.errors import InvalidJob
from fleet.queue.arguments import split_version
from fleet.queue.context import Context
from fleet.queue.job import VERSION_KEY, Job, Kind, ResultT

JobT = TypeVar("JobT", bound=Job)

_NAMES_VERSION = f'"{VERSION_KEY}"'

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
            # Arguments of version 1 are decoded in one pass: they do not name it.
            if self.job.version != 1 or _NAMES_VERSION in args:
                args = self._present(args)
            return self._decoder.decode(args)
        except msgspec.ValidationError as problem:
            raise InvalidJob(f"arguments of {self.job.kind} are not valid: {problem}") from None
        except (msgspec.DecodeError, RecursionError):
            raise InvalidJob(f"arguments of {self.job.kind} are not readable JSON") from None

    def _present(self, args: str) -> str:
        """Return *args* in the shape that this release knows, without their version."""
        version, values = split_version(args)
        if version > self.job.version:
            raise InvalidJob(
                f"arguments of {self.job.kind} are newer than this release knows",
                version=version,
                known=self.job.version,
            )
        if version < self.job.version:
            values = self.job.upcast(values, version)
        return msgspec.json.encode(values).decode()


class Registry:
    """The kinds one worker serves."""

    def __init__(self) -> None:
        self._registrations: dict[str, Registration[Any]] = {}

    def add(self, job: Kind[JobT, ResultT], handler: Callable[[JobT, Context], Awaitable[ResultT]]) -> None:
        # A type checker cannot say that a class is both: what makes jobs, and what has their result.
        registered = cast("type[JobT]", job)
        if registered.kind in self._registrations:
            raise ValueError(f"kind {registered.kind} is registered twice")
        self._registrations[registered.kind] = Registration(registered, handler)

    def __getitem__(self, kind: str) -> Registration[Any]:
        return self._registrations[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registrations)
