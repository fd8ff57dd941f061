"""Whether the server is one that this can rely on: its version, its settings, and that it is no replica."""

from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, bad, ok, warn
from fleet.sql import statement

_OLDEST = 150_000


async def look(ground: Ground) -> list[Finding]:
    row = await ground.connection.fetchrow(statement("doctor/server"))
    assert row is not None  # noqa: S101  # one row
    return judge(row)


def judge(server: Any) -> list[Finding]:
    findings = [*_place(server), *_durability(server), *_sessions(server)]
    return findings or [ok(f"PostgreSQL {server['version']}, a primary that keeps what it acknowledges")]


def _place(server: Any) -> list[Finding]:
    findings = []
    if server["number"] < _OLDEST:
        findings.append(bad(f"PostgreSQL {server['version']} is too old", "Fleet needs PostgreSQL 15 or newer."))
    if server["is_replica"]:
        findings.append(
            bad(
                "DATABASE_URL leads to a replica, which takes no writes",
                "Point it at the primary; after a failover, too.",
            )
        )
    return findings


def _durability(server: Any) -> list[Finding]:
    findings = []
    if server["fsync"] == "off" or server["full_page_writes"] == "off":
        findings.append(
            bad(
                "fsync or full_page_writes is off: a power cut may lose everything",
                "Turn both on in postgresql.conf; off is for databases that nobody will miss.",
            )
        )
    if server["synchronous_commit"] == "off":
        findings.append(
            warn(
                "synchronous_commit is off: a crash may lose the last moments of acknowledged jobs",
                "alter database … set synchronous_commit = on, unless that is a bargain you made.",
            )
        )
    return findings


def _sessions(server: Any) -> list[Finding]:
    findings = []
    if server["idle_session_timeout"] != "0":
        findings.append(
            warn(
                f"idle_session_timeout is {server['idle_session_timeout']}: it ends connections that LISTEN",
                "alter role … set idle_session_timeout = 0 for the users of workers.",
            )
        )
    if server["isolation"] != "read committed":
        findings.append(
            bad(
                f"sessions begin in {server['isolation']}: jobs with a fair key can be admitted in read committed only",
                "alter database … set default_transaction_isolation = 'read committed'.",
            )
        )
    if server["now"]:
        findings.append(
            bad(
                "fleet.now is set for new sessions: their time stands still",
                "It is for tests: alter database … reset fleet.now, and alter role … reset fleet.now.",
            )
        )
    return findings
