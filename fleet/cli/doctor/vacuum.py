"""Whether PostgreSQL clears away what was changed, in time."""

from datetime import timedelta
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, bad, ok, warn
from fleet.cli.words import brief
from fleet.sql import statement

# Beside which fleet.health calls dead rows too many.
_DEAD = 100_000
# Of two thousand million, after which the database takes no more writes.
_WRAPS = 1_500_000_000


async def look(ground: Ground) -> list[Finding]:
    row = await ground.connection.fetchrow(statement("doctor/vacuum"))
    assert row is not None  # noqa: S101  # one row
    return judge(row)


def judge(seen: Any) -> list[Finding]:
    findings = []
    if not seen["is_on"]:
        findings.append(
            bad(
                "autovacuum or track_counts is off: the queue slows down day by day", "Turn both on in postgresql.conf."
            )
        )
    if seen["turned_off"]:
        findings.append(
            bad(
                f"autovacuum is turned off for {', '.join(seen['turned_off'])}",
                "alter table … reset (autovacuum_enabled), unless you vacuum it yourself.",
            )
        )
    if seen["age"] > _WRAPS:
        findings.append(
            bad(
                f"the oldest transaction number is {seen['age']:,} old",
                "vacuum freeze now: past two thousand million nothing is written.",
            )
        )
    elif seen["age"] > 2 * seen["freeze_at"]:
        findings.append(
            warn(
                f"freezing is late: the oldest transaction number is {seen['age']:,} old",
                "See what keeps vacuum from it, below.",
            )
        )
    if (seen["dead"] or 0) > _DEAD + (seen["live"] or 0):
        findings.append(
            warn(
                f"{seen['dead']:,} dead rows of fleet.job beside {seen['live']:,} live ones",
                "See what keeps them, below; then vacuum fleet.job.",
            )
        )
    return findings or [ok(f"{seen['dead'] or 0:,} dead rows of fleet.job, vacuumed {_when(seen['vacuumed'])}")]


def _when(ago: timedelta | None) -> str:
    return "not yet" if ago is None else f"{brief(ago)} ago"
