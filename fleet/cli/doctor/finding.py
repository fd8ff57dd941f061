"""What a check found, and what to do about it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from fleet.cli.session import CliSettings
from fleet.db import Connection

Level: TypeAlias = Literal["ok", "warn", "bad"]


class Finding(msgspec.Struct, frozen=True):
    """One fact: *ok*, *warn* for what will hurt some day or only somebody, *bad* for what hurts now."""

    level: Level
    found: str
    advice: str = ""


class Ground(msgspec.Struct, frozen=True):
    """What checks stand on: the settings, the clock of this machine, and a connection by way of DATABASE_URL."""

    settings: CliSettings
    now: Callable[[], datetime]
    connection: Connection


Check: TypeAlias = Callable[[Ground], Awaitable[list[Finding]]]


def ok(found: str) -> Finding:
    return Finding("ok", found)


def warn(found: str, advice: str) -> Finding:
    return Finding("warn", found, advice)


def bad(found: str, advice: str) -> Finding:
    return Finding("bad", found, advice)
