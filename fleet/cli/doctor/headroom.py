"""Whether there is room for more connections: a worker that starts needs up to a pool and two more."""

from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, bad, ok, warn
from fleet.sql import statement

_TIGHT = 0.8
_FULL = 0.95


async def look(ground: Ground) -> list[Finding]:
    row = await ground.connection.fetchrow(statement("doctor/headroom"))
    assert row is not None  # noqa: S101  # one row
    return judge(row)


def judge(seen: Any) -> list[Finding]:
    # A limit below zero is none.
    bounds = [
        ("connections", seen["used"], seen["most"]),
        ("connections of this database", seen["used_of_database"], seen["most_of_database"]),
        ("connections of this user", seen["used_by_user"], seen["most_of_user"]),
    ]
    findings = [finding for bound in bounds if (finding := _judge(*bound))]
    return findings or [ok(f"{seen['used']} of {seen['most']} connections are in use")]


def _judge(what: str, used: int, most: int) -> Finding | None:
    if most <= 0 or used < _TIGHT * most:
        return None
    level = bad if used >= _FULL * most else warn
    return level(
        f"{used} of {most} {what} are in use",
        "Lower POOL_SIZE of the consumers, put a pooler behind DATABASE_URL, or raise the limit.",
    )
