"""Whether a pooler stands between a worker and PostgreSQL, where it may and where it must not."""

from datetime import datetime

import msgspec

from fleet.cli.doctor.finding import Finding, Ground, bad, ok
from fleet.db import Connection, connect


class Place(msgspec.Struct, frozen=True):
    """Where a connection ended: *pooled* if the process that answers is not the one that greeted."""

    pooled: bool
    database: str
    server_started: datetime


async def look(ground: Ground) -> list[Finding]:
    by_url = await _place(ground.connection)
    if ground.settings.database_unpooled_url is None:
        return [judge(by_url, None)]
    async with connect(ground.settings.direct_url, application="fleet-cli") as direct:
        return [judge(by_url, await _place(direct))]


async def _place(connection: Connection) -> Place:
    row = await connection.fetchrow(
        "select pg_backend_pid() as pid, current_database() as database, pg_postmaster_start_time() as started"
    )
    assert row is not None  # noqa: S101  # one row
    # A pooler greets with a number of its own, before it knows which server connection it will lend.
    return Place(row["pid"] != connection.get_server_pid(), row["database"], row["started"])


def judge(by_url: Place, direct: Place | None) -> Finding:
    if direct is not None and (direct.database, direct.server_started) != (by_url.database, by_url.server_started):
        return bad(
            "DATABASE_URL and DATABASE_UNPOOLED_URL lead to two databases",
            "Both must name the same database of the same server, the second without the pooler.",
        )
    if (direct or by_url).pooled:
        name = "DATABASE_URL" if direct is None else "DATABASE_UNPOOLED_URL"
        return bad(
            f"a pooler stands behind {name}, by which workers LISTEN and keep their leases",
            "Set DATABASE_UNPOOLED_URL to PostgreSQL itself, past the pooler.",
        )
    return ok("a pooler for statements, none for LISTEN" if by_url.pooled else "no pooler")
