"""Reads app.retention_policy, which people edit."""

from datetime import timedelta

import msgspec

from fleet.db import Connection
from fleet.retention.rules import Policy
from fleet.sql import statement


async def read_policy(connection: Connection) -> Policy:
    """Return what the table says; what it does not say is kept for ever."""
    rows = await connection.fetch(statement("retention/policy"))
    days = {row["what"]: row["days"] for row in rows if row["days"] is not None}
    # A newer release may keep more kinds of things.
    known = days.keys() & {field.name for field in msgspec.structs.fields(Policy)}
    return Policy(**{name: timedelta(days=days[name]) for name in known})
