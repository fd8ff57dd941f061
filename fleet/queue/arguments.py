"""The arguments of a job as JSON text, and what of them its kind is known by."""

import re
from typing import Any

import msgspec

from fleet.errors import InvalidJob
from fleet.queue.job import VERSION_KEY, Job
from fleet.queue.sealed import Seal, seal_arguments, sealed_arguments

FAIR_KEY_BYTES = 256

# A NUL as JSON writes it, not the six characters of one that a backslash already escapes.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def encode(job: Job, seal: Seal | None = None) -> str:
    """Return the arguments of *job* as JSON text; raises InvalidJob with the path of what does not fit its type."""
    try:
        # A struct checks nothing when it is made in code, so what will be decoded is decoded once now.
        if sealed_arguments(type(job)):
            text = msgspec.json.encode(seal_arguments(job, seal)).decode()
        else:
            text = msgspec.json.encode(job).decode()
            msgspec.json.decode(text, type=type(job))
    except msgspec.ValidationError as problem:
        raise InvalidJob(f"arguments of {job.kind} are not valid: {problem}") from None
    except UnicodeEncodeError:
        raise InvalidJob("arguments must be text that can be written as UTF-8", kind=job.kind) from None
    except (TypeError, OverflowError) as problem:
        raise InvalidJob("arguments cannot be written as JSON", kind=job.kind, reason=str(problem)) from None
    if _NUL.search(text):
        raise InvalidJob("arguments must not contain a NUL character", kind=job.kind)
    return text if job.version == 1 else _with_version(text, job.version)


def split_version(args: str) -> tuple[int, dict[str, Any]]:
    """Return the version that *args* say they are of, and the rest of them; raises InvalidJob.

    Arguments that say nothing are of version 1.
    """
    values: dict[str, Any] = msgspec.json.decode(args, type=dict[str, Any])
    version = values.pop(VERSION_KEY, 1)
    if type(version) is not int or version < 1:
        raise InvalidJob("the version of arguments must be a number from 1 on", version=repr(version))
    return version, values


def _with_version(text: str, version: int) -> str:
    rest = text.removeprefix("{")
    return f'{{"{VERSION_KEY}":{version}{"" if rest == "}" else ","}{rest}'


def check_version(job: type[Job]) -> None:
    """Raise InvalidJob when the arguments of *job* could not be told apart by their version."""
    if job.version < 1:
        raise InvalidJob("the version of a kind must be a number from 1 on", kind=job.kind, version=job.version)
    if any(field.encode_name == VERSION_KEY for field in msgspec.structs.fields(job)):
        raise InvalidJob("an argument has the name that is kept for the version", kind=job.kind, name=VERSION_KEY)


def unique_by(job: type[Job]) -> list[str]:
    """Return the names under which the arguments that make a job unique are written."""
    written = {field.name: field.encode_name for field in msgspec.structs.fields(job)}
    missing = [name for name in job.unique_by if name not in written]
    if missing:
        raise InvalidJob("a kind is unique by an argument it does not have", kind=job.kind, missing=missing)
    return [written[name] for name in job.unique_by]


def fair_by(job: type[Job]) -> str | None:
    """Return the name under which the argument that says whose job it is is written."""
    if job.fair_by is None:
        return None
    written = {field.name: field.encode_name for field in msgspec.structs.fields(job)}
    if job.fair_by not in written:
        raise InvalidJob("a kind is fair by an argument it does not have", kind=job.kind, missing=job.fair_by)
    return written[job.fair_by]


def fair_key(job: Job) -> str | None:
    """Return whose job it is, as fleet.fair_key_of does; raises InvalidJob when the key is too long."""
    value = None if job.fair_by is None else getattr(job, job.fair_by)
    if value is None:
        return None
    key = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(key.encode()) > FAIR_KEY_BYTES:
        raise InvalidJob("a fair key must fit in 256 bytes", kind=job.kind, argument=job.fair_by)
    return key or None


def defaults(job: type[Job]) -> dict[str, Any]:
    written = {}
    for field in msgspec.structs.fields(job):
        if field.default is not msgspec.NODEFAULT:
            written[field.encode_name] = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            written[field.encode_name] = field.default_factory()
    return written
