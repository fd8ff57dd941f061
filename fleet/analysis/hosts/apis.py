"""Which API each host speaks."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from fleet.analysis.hosts.ask import Asking
from fleet.analysis.hosts.github import GitHub
from fleet.analysis.hosts.gitlab import GitLab
from fleet.analysis.hosts.identity import Dialect
from fleet.analysis.hosts.remembered import Remembered
from fleet.http import Http

# What people write, ``host=name`` with commas between.
PATTERN = r"^[a-z0-9.-]+=(github|gitlab|none)(,[a-z0-9.-]+=(github|gitlab|none))*\Z"

_KNOWN = MappingProxyType({"github.com": "github", "gitlab.com": "gitlab"})


def asking(http: Http, hosts: Collection[str], *, apis: str | None = None) -> Mapping[str, Asking]:
    """Return what asks each of *hosts* that has an API, by *apis* or else by its name."""
    chosen = dict(_KNOWN)
    if apis is not None:
        chosen |= dict(pair.split("=") for pair in apis.split(","))
    remembered = Remembered()
    return {
        host: Asking(http, _dialect(chosen[host], host), remembered=remembered)
        for host in hosts
        if chosen.get(host, "none") != "none"
    }


def _dialect(name: str, host: str) -> Dialect:
    return GitHub(host) if name == "github" else GitLab(host)
