"""Arguments that only a worker can read: the row holds a seal of each, and nothing else does.

What seals and opens is handed in; the queue knows no cipher.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import NoneType
from typing import Any, Protocol, TypeVar, get_args

import msgspec

from fleet.config import Secret
from fleet.errors import InvalidJob, SealUnusable
from fleet.queue.job import Job

JobT = TypeVar("JobT", bound=Job)

# The only key of the object that stands in the row for a sealed argument.
SEALED_KEY = "$sealed"


class Sealed(Secret):
    """Text that is stored and shown only as a seal; the type of an argument, or that or None."""


class Seal(Protocol):
    """What whoever enqueues needs: enough to seal, not to open."""

    def seal(self, plaintext: bytes, context: bytes) -> str:
        """Return *plaintext* as text that opens only together with the same *context*."""
        ...


class Unseal(Protocol):
    """What a worker needs."""

    def unseal(self, text: str, context: bytes) -> bytes:
        """Return what was sealed with *context*; raises SealUnusable, with a reason that repeats nothing of it."""
        ...


@cache
def sealed_arguments(job: type[Job]) -> Mapping[str, bool]:
    """Return the sealed arguments of *job*, by the names they are written under, and whether each may be null."""
    return {
        field.encode_name: NoneType in get_args(field.type)
        for field in msgspec.structs.fields(job)
        if field.type is Sealed or set(get_args(field.type)) == {Sealed, NoneType}
    }


def check_sealed(job: type[Job]) -> None:
    """Raise InvalidJob when something of *job* is to be sealed that cannot be."""
    sealed = sealed_arguments(job)
    for field in msgspec.structs.fields(job):
        path = f"$.{field.encode_name}"
        if field.encode_name not in sealed:
            if _mentions_sealed(field.type):
                raise InvalidJob("an argument is sealed as a whole or not at all", kind=job.kind, path=path)
            continue
        if not field.required and field.default is not None:
            raise InvalidJob("a sealed argument has a default that stands in the code", kind=job.kind, path=path)
        if field.name in {*job.unique_by, job.fair_by}:
            raise InvalidJob("a kind is unique or fair by an argument that is sealed", kind=job.kind, path=path)


def seal_arguments(job: Job, seal: Seal | None) -> dict[str, Any]:
    """Return the arguments of *job* as they are written; raises InvalidJob, or msgspec's ValidationError."""
    values = {field.encode_name: getattr(job, field.name) for field in msgspec.structs.fields(job)}
    decode_opened(type(job), values)
    for name in sealed_arguments(type(job)):
        value = values.get(name)
        if isinstance(value, Sealed):
            if seal is None:
                raise InvalidJob("there is nothing to seal an argument with", kind=job.kind, path=f"$.{name}")
            values[name] = {SEALED_KEY: seal.seal(value.reveal().encode(), _context(job.kind, name))}
    return values


def open_arguments(kind: str, values: Mapping[str, Any], names: Iterable[str], unseal: Unseal) -> dict[str, Any]:
    """Return *values* with those of *names* opened that are sealed; raises SealUnusable."""
    return {**values, **{name: _open(kind, name, values[name], unseal) for name in names if name in values}}


def decode_opened(job: type[JobT], values: Mapping[str, Any]) -> JobT:
    """Return the arguments that *values* are, in which nothing is sealed any more.

    Raises InvalidJob when one that must be sealed was not, and msgspec's ValidationError for the others.
    """
    opened: dict[str, Sealed] = {}
    for name, nullable in sealed_arguments(job).items():
        value = values.get(name)
        if isinstance(value, Sealed):
            opened[name] = value
        elif name in values and not (nullable and value is None):
            raise InvalidJob("an argument must be sealed", kind=job.kind, path=f"$.{name}")

    def pick(_type: type, name: Any) -> Sealed:
        if name not in opened:
            raise ValueError("an argument is sealed as a whole or not at all")
        return opened[name]

    # Each is decoded from its own name, so that no text and no message that a decoder makes can hold it.
    try:
        text = msgspec.json.encode({**values, **{name: name for name in opened}})
    except TypeError as problem:
        raise InvalidJob("arguments cannot be written as JSON", kind=job.kind, reason=str(problem)) from None
    return msgspec.json.decode(text, type=job, dec_hook=pick)


def _open(kind: str, name: str, value: Any, unseal: Unseal) -> Any:
    if not isinstance(value, dict) or value.keys() != {SEALED_KEY} or not isinstance(value[SEALED_KEY], str):
        return value
    try:
        return Sealed(unseal.unseal(value[SEALED_KEY], _context(kind, name)).decode())
    except SealUnusable as problem:
        reason = problem.facts.get("reason", problem.sentence)
    except UnicodeDecodeError:
        reason = "what it holds is not text"
    raise SealUnusable("a sealed argument cannot be opened", kind=kind, path=f"$.{name}", reason=reason)


def _context(kind: str, name: str) -> bytes:
    """What a seal is bound to, so that it opens in no other kind and under no other name."""
    return f"{kind}.{name}".encode()


def _mentions_sealed(kind: Any) -> bool:
    return kind is Sealed or any(_mentions_sealed(part) for part in get_args(kind))
