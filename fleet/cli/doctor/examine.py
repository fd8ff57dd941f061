"""All checks, in the order in which one would ask: first what the others need."""

import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import anyio
import msgspec

from fleet.cli.doctor import (
    clock,
    crons,
    disk,
    driver,
    encryption,
    git,
    headroom,
    health,
    listen,
    pauses,
    pooler,
    roles,
    schema,
    server,
    snapshots,
    vacuum,
    workers,
)
from fleet.cli.doctor.finding import Check, Finding, Ground, bad, ok, warn
from fleet.cli.refusals import NAME_POSTGRESQL, NO_STATEMENTS, keeps_no_statements, sentence, unreachable
from fleet.cli.session import CliSettings, Session
from fleet.db import ConnectionFailure, InsufficientPrivilege, ServerError, connect
from fleet.errors import ConfigError, DatabaseUnavailable

LIMIT = timedelta(seconds=15)

_SERVER: Mapping[str, Check] = {
    "server": server.look,
    "clock": clock.look,
    "pooler": pooler.look,
    "listen": listen.look,
    "headroom": headroom.look,
    "disk": disk.look,
    "snapshots": snapshots.look,
    "roles": roles.look,
    "schema": schema.look,
}
# What cannot be asked without the schema.
_QUEUE: Mapping[str, Check] = {
    "vacuum": vacuum.look,
    "health": health.look,
    "workers": workers.look,
    "pauses": pauses.look,
    "crons": crons.look,
}
CHECKS = ("driver", "git", "settings", "encryption", "database", *_SERVER, *_QUEUE)


class Examined(msgspec.Struct, frozen=True):
    """A check, and one thing that it found."""

    check: str
    level: str
    found: str
    advice: str


Tell = Callable[[Examined], None]


async def examine(session: Session, tell: Tell) -> None:
    """Do every check and *tell* each finding; what could not be asked is a finding, too."""

    def told(check: str, *findings: Finding) -> None:
        for finding in findings:
            tell(Examined(check, finding.level, finding.found, finding.advice))

    told("driver", driver.judge(version("asyncpg")))
    told("git", await git.look(session.environ.get("PATH", os.defpath)))
    try:
        settings = session.settings
    except ConfigError as error:
        told("settings", *(bad(problem, "Set it in the environment of this command.") for problem in error.problems))
        return
    told("settings", ok("they can be read"))
    told("encryption", *encryption.judge(settings))
    await _examine_database(session, settings, told)


async def _examine_database(session: Session, settings: CliSettings, told: Callable[..., None]) -> None:
    try:
        async with connect(settings.database_url, application=session.application) as connection:
            told("database", ok("it can be reached"))
            ground = Ground(settings, lambda: datetime.now(UTC), connection)
            for name, look in _SERVER.items():
                told(name, *await _look(look, ground))
            if await connection.fetchval("select to_regclass('fleet.job') is not null"):
                for name, look in _QUEUE.items():
                    told(name, *await _look(look, ground))
    except ServerError as refusal:
        if not keeps_no_statements(refusal):
            raise
        told("pooler", bad(NO_STATEMENTS, NAME_POSTGRESQL))
    except DatabaseUnavailable as error:
        told(
            "database", bad(unreachable(error, settings.database_url.reveal()), "Nothing else can be asked until then.")
        )


async def _look(look: Callable[[Ground], Awaitable[list[Finding]]], ground: Ground) -> list[Finding]:
    try:
        with anyio.fail_after(LIMIT.total_seconds()):
            return await look(ground)
    except InsufficientPrivilege as refusal:
        return [
            warn(f"this user may not ask: {sentence(refusal)}", "Ask as a member of fleet_operator and pg_monitor.")
        ]
    except ServerError as refusal:
        if keeps_no_statements(refusal):
            # Nothing else would be answered either.
            raise
        return [warn(f"it could not be asked: {sentence(refusal)}", "An older schema, or a defect of this check.")]
    except DatabaseUnavailable as error:
        direct = ground.settings.direct_url.reveal()
        return [bad(f"the direct way: {unreachable(error, direct)}", "Workers LISTEN by DATABASE_UNPOOLED_URL.")]
    except ConnectionFailure as failure:
        return [bad(f"no answer ({type(failure).__name__})", "The database went away, or somebody holds a lock.")]
