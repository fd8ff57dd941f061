"""Which API each host speaks."""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Self

from fleet.analysis.hosts.ask import Asking
from fleet.analysis.hosts.github import GitHub
from fleet.analysis.hosts.gitlab import GitLab
from fleet.analysis.hosts.identity import Dialect
from fleet.analysis.hosts.remembered import Remembered
from fleet.analysis.hosts.written import parse_apis
from fleet.config import Secret
from fleet.http import Http

_HOST = re.compile(r"[a-z0-9.-]+")
# What may stand in a header, without the comma that divides.
_TOKEN = re.compile(r"[!-+\--~]+")
_KNOWN = MappingProxyType({"github.com": "github", "gitlab.com": "gitlab"})


class ApiTokens(Secret):
    """The fleet's own tokens, ``host=token`` with commas between."""

    @classmethod
    def parse(cls, text: str) -> Self:
        pairs = [pair.partition("=") for pair in text.split(",")]
        named = all(_HOST.fullmatch(host) and _TOKEN.fullmatch(token) for host, _, token in pairs)
        if not named or len({host for host, _, _ in pairs}) < len(pairs):
            raise ValueError("must be host=token, or several of those separated by commas")
        return cls(text)

    def of(self, host: str) -> Secret | None:
        pairs = (pair.partition("=") for pair in self.reveal().split(","))
        return next((Secret(token) for name, _, token in pairs if name == host), None)


def asking(
    http: Http, hosts: Collection[str], *, apis: str | None = None, tokens: ApiTokens | None = None
) -> Mapping[str, Asking]:
    """Return what asks each of *hosts* that has an API, by *apis* or else by its name."""
    chosen = _KNOWN | parse_apis(apis)
    remembered = Remembered()
    return {
        host: Asking(
            http,
            _dialect(chosen[host], host),
            remembered=remembered,
            own=None if tokens is None else tokens.of(host),
        )
        for host in hosts
        if chosen.get(host, "none") != "none"
    }


def _dialect(name: str, host: str) -> Dialect:
    return GitHub(host) if name == "github" else GitLab(host)
