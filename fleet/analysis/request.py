"""What is to be analysed, and who that is by its host's API."""

from collections.abc import Mapping

import msgspec

from fleet.analysis import codebases, store
from fleet.analysis.codebases import Sighting
from fleet.analysis.git.source import RemoteSource, Source
from fleet.analysis.hosts.identity import Identities
from fleet.analysis.parse.version import PARSER_VERSION
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.store import Totals
from fleet.config import Secret
from fleet.db import Pool


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be analysed, for whom, and with whose token.

    *sighting* is None before the host was asked, and where it has no API: the repository is found by fetching it then.
    """

    address: RepositoryAddress
    source: Source
    commit: str | None
    user: int | None
    token: Secret | None
    sighting: Sighting | None = None


async def see(pool: Pool, hosts: Mapping[str, Identities], request: Request) -> Request:
    """Return *request* with what the host says, under the address that the repository has now.

    Its token is left out where it takes none to fetch. Raises like `Identities.identify`.
    """
    host = hosts.get(request.address.host)
    if host is None or not isinstance(request.source, RemoteSource):
        return request
    # Taken before the host is asked: what changes meanwhile is newer than its answer.
    asked_at = await codebases.time_of(pool)
    identity = await host.identify(request.address, request.token)
    return msgspec.structs.replace(
        request,
        address=identity.address,
        source=msgspec.structs.replace(request.source, address=identity.address),
        token=request.token if identity.private else None,
        sighting=Sighting(identity, asked_at),
    )


async def find_known(pool: Pool, request: Request, commit: str) -> Totals | None:
    """Return the inventory of *commit* when it is there, and may be shown to the user without fetching anything."""
    if request.sighting is None:
        return await store.find_completed(pool, request.address, commit, PARSER_VERSION, request.user)
    return await store.find_seen(pool, request.sighting.identity, commit, PARSER_VERSION, request.user)


async def codebase_of(pool: Pool, request: Request, *, private: bool) -> int:
    """Return the codebase of what has just been fetched; *private* when that took a token."""
    if request.sighting is None:
        return await store.codebase_at(pool, request.address, private=private)
    return await codebases.recognise(pool, request.sighting, openly=not private)
