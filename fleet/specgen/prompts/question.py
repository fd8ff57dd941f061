"""A question to a language model: what to do, what about, and how its answer is read."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

Task = Literal["classify", "describe", "summarise"]
# Of whatever is asked about: for each number, what the model says of it.
Answers = Mapping[int, tuple[str, ...]]


class Reader(Protocol):
    """Reads the JSON of an answer; raises msgspec.MsgspecError when it has another shape."""

    def __call__(self, content: bytes, /) -> Answers: ...


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The *keys* are what is asked about, by the number that stands for each within this question alone."""

    task: Task
    instructions: str
    material: Mapping[str, Any]
    schema: Mapping[str, Any]
    read: Reader
    keys: Mapping[int, bytes]


def array_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a list of objects; strict ones name all their properties and have no others."""
    return {"type": "array", "items": object_of(properties)}


def object_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
