"""How much room is left, as far as that can be known: SQL tells what is used, never what is free."""

import shutil
from pathlib import Path
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, bad, ok, warn
from fleet.cli.words import size
from fleet.sql import statement

_TIGHT = 0.1
_FULL = 0.03
_ADVICE = "Free some, or shorten how long is kept what may go: app.retention_policy and plans (docs/cron.md)."


async def look(ground: Ground) -> list[Finding]:
    row = await ground.connection.fetchrow(statement("doctor/disk"))
    assert row is not None  # noqa: S101  # one row
    log = await ground.connection.fetchval(statement("doctor/log")) if row["may_see_log"] else None
    return [judge(row, log, _room(row))]


def _room(seen: Any) -> tuple[int, int] | None:
    """Return what is free and what there is, where the server's files are on this machine and may be looked at."""
    try:
        usage = shutil.disk_usage(Path(seen["folder"])) if seen["is_here"] and seen["folder"] else None
    except OSError:
        return None
    return None if usage is None else (usage.free, usage.total)


def judge(seen: Any, log: int | None, room: tuple[int, int] | None) -> Finding:
    and_log = "" if log is None else f" and {size(log)} of log"
    used = f"the database takes {size(seen['octets'])}{and_log} ({', '.join(seen['largest'])})"
    if room is None:
        return ok(f"{used}; what is free, only the server's machine knows")
    free, total = room
    left = f"{size(free)} of {size(total)} is free; {used}"
    if free < _FULL * total:
        return bad(left, _ADVICE)
    return warn(left, _ADVICE) if free < _TIGHT * total else ok(left)
