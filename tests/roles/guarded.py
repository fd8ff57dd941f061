"""A database guarded by the roles, with a user for each of them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote, urlsplit

from fleet import sql
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.migrate import migrate
from fleet.testing.database import Database

# What people and processes log in as; the owner of the queue is nobody's.
ROLES = (
    "fleet_migrate",
    "fleet_analyzer",
    "fleet_spec_generator",
    "fleet_retention_cleanup",
    "fleet_enqueue",
    "fleet_operator",
    "fleet_monitor",
)


class Guarded:
    """A guarded database; *database* is the administrator's way in."""

    def __init__(self, database: Database, suffix: str) -> None:
        self.database = database
        self._suffix = suffix

    def user(self, role: str) -> str:
        return f"{role}_{self._suffix}"

    def url(self, role: str) -> DatabaseUrl:
        """The way in of the user who is a member of *role* and of nothing else."""
        parts = urlsplit(self.database.url.reveal())
        place = parts.netloc.rpartition("@")[2]
        return DatabaseUrl(parts._replace(netloc=f"{quote(self.user(role))}:word@{place}").geturl())

    def settings(self, role: str) -> dict[str, str]:
        return {"DATABASE_URL": self.url(role).reveal()}

    @asynccontextmanager
    async def session(self, role: str) -> AsyncIterator[Connection]:
        async with connect(self.url(role), application="fleet-tests") as connection:
            yield connection


@asynccontextmanager
async def guard(database: Database, *, by: str | None = None) -> AsyncIterator[Guarded]:
    """Do to *database* what docs/deploy.md says; its users go with the end, when *database* is to be dropped.

    It is migrated as the user of the role *by*, or as its owner, who hands it over.
    """
    guarded = Guarded(database, secrets.token_hex(4))
    async with connect(database.url, application="fleet-tests") as admin:
        await admin.execute(sql.statement("roles"))
        for role in ROLES:
            await admin.execute(f"create role {guarded.user(role)} login password 'word' in role {role}")
        await admin.execute(sql.statement("roles"))
    await migrate(database.url if by is None else guarded.url(by))
    yield guarded
    async with connect(database.url, application="fleet-tests") as admin:
        for role in ROLES:
            await admin.execute(f"drop owned by {guarded.user(role)}; drop role {guarded.user(role)}")
