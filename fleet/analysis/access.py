"""Which commit is meant, and whether it takes a token to fetch it."""

from pathlib import Path

import msgspec

from fleet.analysis.git.repository import find_head
from fleet.analysis.git.source import Source
from fleet.analysis.limits import Limits
from fleet.config import Secret
from fleet.errors import RepositoryRefused


class Access(msgspec.Struct, frozen=True):
    """How to fetch; *token* is None for what anybody may fetch."""

    commit: str
    token: Secret | None

    @property
    def private(self) -> bool:
        return self.token is not None


async def find_access(
    source: Source, *, commit: str | None, token: Secret | None, limits: Limits, scratch: Path
) -> Access:
    """Ask the host without credentials first: a token is shown only where it is needed.

    Raises RepositoryRefused when neither way leads in, RepositoryUnavailable when the host does not answer: a host that
    is down says nothing about who may read.
    """
    if token is None and commit is not None:
        # The fetch will tell; asking first would tell nothing more.
        return Access(commit, None)
    try:
        head = await find_head(source, token=None, limits=limits, scratch=scratch)
    except RepositoryRefused:
        if token is None:
            raise
        head = await find_head(source, token=token, limits=limits, scratch=scratch)
        return Access(commit or head, token)
    return Access(commit or head, None)
