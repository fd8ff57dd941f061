"""Whether passwords and jobs cross a network that others may read."""

from urllib.parse import parse_qs, urlsplit

from fleet.cli.doctor.finding import Finding, ok, warn
from fleet.cli.session import CliSettings
from fleet.config import DatabaseUrl

# With these, the driver goes on in clear text when the server, or whoever pretends to be it, says so.
_LAX = frozenset({"disable", "allow", "prefer"})
_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
# Private networks whose traffic the platform encrypts.
_PRIVATE = (".railway.internal", ".internal")


def judge(settings: CliSettings) -> list[Finding]:
    urls = {"DATABASE_URL": settings.database_url, "DATABASE_UNPOOLED_URL": settings.database_unpooled_url}
    found = [finding for name, url in urls.items() if url is not None and (finding := _judge(name, url))]
    return found or [ok("no password crosses a network in the clear")]


def _judge(name: str, url: DatabaseUrl) -> Finding | None:
    parts = urlsplit(url.reveal())
    asked = parse_qs(parts.query)
    host = asked.get("host", [parts.hostname or ""])[0]
    if host.startswith("/") or host in _LOCAL or host.endswith(_PRIVATE):
        return None
    if asked.get("sslmode", ["prefer"])[0] not in _LAX:
        return None
    return warn(
        f"{name} lets the connection to {host} be unencrypted",
        "Add sslmode=verify-full to it, or sslmode=require where the server's certificate is its own.",
    )
