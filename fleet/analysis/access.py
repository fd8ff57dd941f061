"""Which commit is meant, and whether it takes a token to fetch it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from fleet.analysis.git.repository import find_head
from fleet.analysis.limits import Limits
from fleet.analysis.request import Request
from fleet.config import Secret
from fleet.errors import CommitNotFound, RepositoryRefused, RepositoryUnavailable, Retry


class Access(msgspec.Struct, frozen=True):
    """How to fetch; *token* is None for what anybody may fetch."""

    commit: str
    token: Secret | None

    @property
    def private(self) -> bool:
        return self.token is not None


async def find_access(request: Request, *, limits: Limits, scratch: Path) -> Access:
    """Find out what nobody has said yet: the commit, or whether a token is needed.

    Raises RepositoryRefused when no way leads in, RepositoryUnavailable when the host does not answer: a host that
    is down says nothing about who may read.
    """
    source, commit, token = request.source, request.commit, request.token
    if commit is not None and (token is None or request.sighting is not None):
        # The fetch will tell; asking first would tell nothing more.
        return Access(commit, token)
    with agreeing(request):
        if request.sighting is not None:
            return Access(await find_head(source, token=token, limits=limits, scratch=scratch), token)
        try:
            head = await find_head(source, token=None, limits=limits, scratch=scratch)
        except RepositoryRefused:
            if token is None:
                raise
            # A token is shown only where it is needed.
            head = await find_head(source, token=token, limits=limits, scratch=scratch)
            return Access(commit or head, token)
        return Access(commit or head, None)


@contextmanager
def agreeing(request: Request) -> Iterator[None]:
    """Take it for something that passes when git refuses what the API has just called public."""
    try:
        yield
    except RepositoryRefused as refused:
        if request.sighting is None or request.sighting.identity.private:
            raise
        raise RepositoryUnavailable(
            "the host's API has a public repository here, and git has not", reason=refused.sentence
        ) from None


@contextmanager
def at_head(request: Request) -> Iterator[None]:
    """Have HEAD looked up again when what was found there is gone by now, as after a forced push."""
    try:
        yield
    except CommitNotFound:
        if request.commit is not None:
            raise
        raise Retry("the repository's HEAD has moved since it was looked up", after=timedelta(0)) from None
