"""What the dashboard is told by its entry point."""

from datetime import timedelta

import msgspec

from fleet.config import Secret

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """*key* signs sessions; *hosts* are the names that browsers may know this by, any where it is empty.

    *actor* is who acts where neither a header that a proxy sets (*user_header*) nor a login says so. *trace_url* and
    *log_url* are addresses elsewhere with ``{trace}`` and ``{job}`` in them.
    """

    key: bytes
    token: Secret | None = None
    hosts: frozenset[str] = LOOPBACK
    read_only: bool = False
    actor: str = "somebody"
    user_header: str | None = None
    trace_url: str | None = None
    log_url: str | None = None
    session: timedelta = timedelta(hours=12)
    beat: timedelta = timedelta(seconds=2)
    sums: timedelta = timedelta(seconds=10)
