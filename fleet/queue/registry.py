"""Kind → arguments type and handler; filled by the entry point, never by an import."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar, cast

import msgspec

from fleet.errors import InvalidJob
from fleet.queue.arguments import split_version
from fleet.queue.context import Context
from fleet.queue.job import VERSION_KEY, Job, Kind, ResultT
from fleet.queue.sealed import Unseal, check_sealed, decode_opened, open_arguments, sealed_arguments

JobT = TypeVar("JobT", bound=Job)

_NAMES_VERSION = f'"{VERSION_KEY}"'

Result = msgspec.Struct | None
Handler = Callable[[JobT, Context], Awaitable[Result]]


class Registration(Generic[JobT]):
    """One kind a worker can run."""

    def __init__(self, job: type[JobT], handler: Handler[JobT], unseal: Unseal | None = None) -> None:
        self.job = job
        self.handler = handler
        self._sealed = sealed_arguments(job)
        self._unseal = unseal
        self._decoder = msgspec.json.Decoder(job)

    def decode(self, args: str) -> JobT:
        """Return the typed arguments; raises InvalidJob or SealUnusable with the path of what is wrong."""
        try:
            if self._sealed:
                return decode_opened(self.job, self._present(args))
            # Arguments of version 1 are decoded in one pass: they do not name it.
            if self.job.version != 1 or _NAMES_VERSION in args:
                args = msgspec.json.encode(self._present(args)).decode()
            return self._decoder.decode(args)
        except msgspec.ValidationError as problem:
            raise InvalidJob(f"arguments of {self.job.kind} are not valid: {problem}") from None
        except (msgspec.DecodeError, RecursionError):
            raise InvalidJob(f"arguments of {self.job.kind} are not readable JSON") from None

    def _present(self, args: str) -> dict[str, Any]:
        """Return *args* in the shape that this release knows, without their version and with nothing sealed."""
        version, values = split_version(args)
        if version > self.job.version:
            raise InvalidJob(
                f"arguments of {self.job.kind} are newer than this release knows",
                version=version,
                known=self.job.version,
            )
        if self._sealed and self._unseal is not None:
            # An older shape may have had other names; upcast moves what was opened, unseen.
            names = self._sealed if version == self.job.version else values
            values = open_arguments(self.job.kind, values, names, self._unseal)
        return self.job.upcast(values, version) if version < self.job.version else values


class Registry:
    """The kinds one worker serves; *unseal* opens their sealed arguments."""

    def __init__(self, *, unseal: Unseal | None = None) -> None:
        self._registrations: dict[str, Registration[Any]] = {}
        self._unseal = unseal

    def add(self, job: Kind[JobT, ResultT], handler: Callable[[JobT, Context], Awaitable[ResultT]]) -> None:
        """Serve *job*; raises InvalidJob when it has sealed arguments and nothing here opens them."""
        # A type checker cannot say that a class is both: what makes jobs, and what has their result.
        registered = cast("type[JobT]", job)
        check_sealed(registered)
        if self._unseal is None and sealed_arguments(registered):
            raise InvalidJob("there is nothing to open the sealed arguments of a kind with", kind=registered.kind)
        if registered.kind in self._registrations:
            raise ValueError(f"kind {registered.kind} is registered twice")
        self._registrations[registered.kind] = Registration(registered, handler, self._unseal)

    def __getitem__(self, kind: str) -> Registration[Any]:
        return self._registrations[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registrations)
