"""Whether each process may do what it is for, and nothing else."""

from collections.abc import Sequence
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, ok, warn
from fleet.cli.words import counted
from fleet.sql import statement


async def look(ground: Ground) -> list[Finding]:
    guarded = await ground.connection.fetchval(statement("doctor/guarded"))
    if not guarded:
        return judge_unguarded(await ground.connection.fetch(statement("doctor/users")))
    return judge(await ground.connection.fetch(statement("doctor/users")))


def judge_unguarded(users: Sequence[Any]) -> list[Finding]:
    used = sorted({user["name"] for user in users if user["sessions"]})
    return [ok(f"no roles are set up: {', '.join(used) or 'one user'} may do everything (docs/deploy.md, Roles)")]


def judge(users: Sequence[Any]) -> list[Finding]:
    """Judge the users who are members of the roles, or have sessions of the fleet."""
    findings = []
    for user in users:
        if user["sessions"] and user["is_superuser"]:
            findings.append(
                warn(
                    f"{counted(user['sessions'], 'session')} of the fleet by the superuser {user['name']}",
                    "Give each process a user of its own with one role (docs/deploy.md, Roles).",
                )
            )
        elif len(user["roles"]) > 1:
            findings.append(
                warn(
                    f"the user {user['name']} has the roles {', '.join(user['roles'])}",
                    "One user for each process: one with several roles has the rights of all and no time limit.",
                )
            )
        elif user["roles"] and not user["has_limits"]:
            findings.append(
                warn(
                    f"the user {user['name']} has no time limits",
                    "Run sql/roles.sql again: it gives new users those of their role.",
                )
            )
    return findings or [ok("each user has one role, and its limits")]
