"""Where a repository is fetched from: a host on the allow-list, or one local directory."""

from collections.abc import Collection
from pathlib import Path

import anyio.to_thread
import msgspec

from fleet.analysis.repository import DEFAULT_HOSTS, RepositoryAddress, clone_url
from fleet.errors import InvalidRepository


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """How hosts are reached, for installations behind a proxy or with an authority of their own."""

    # The only authorities trusted, in PEM; None = those of the system.
    certificates: Path | None = None
    # An http:// URL without credentials: it would stand in argv.
    proxy: str | None = None


class RemoteSource(msgspec.Struct, frozen=True):
    """A repository on a host; made by `remote_source`, which checks the host."""

    address: RepositoryAddress
    network: Network = Network()

    @property
    def url(self) -> str:
        return clone_url(self.address)


class LocalSource(msgspec.Struct, frozen=True):
    """The directory that holds the objects; made by `local_source`, which checks the permission."""

    path: Path

    @property
    def url(self) -> str:
        return str(self.path)


Source = RemoteSource | LocalSource


def remote_source(
    address: RepositoryAddress, *, hosts: Collection[str] = DEFAULT_HOSTS, network: Network | None = None
) -> RemoteSource:
    """Accept *address* when its host is one of *hosts*; raises InvalidRepository."""
    if address.host not in hosts:
        raise InvalidRepository("repositories of this host are not analysed", host=address.host)
    return RemoteSource(address, network or Network())


async def local_source(path: Path, *, allowed: bool) -> LocalSource:
    """Accept the repository in the directory *path* when local ones are *allowed*; raises InvalidRepository.

    A ``.git`` that is a file points elsewhere, so it is not followed.
    """
    if not allowed:
        raise InvalidRepository("local repositories are not analysed here")
    return await anyio.to_thread.run_sync(_resolve, path)


def _resolve(path: Path) -> LocalSource:
    try:
        resolved = path.resolve(strict=True)
        repository = resolved / ".git" if (resolved / ".git").is_dir() else resolved
        found = (repository / "HEAD").is_file() and (repository / "objects").is_dir()
    except (OSError, ValueError, RuntimeError):
        raise InvalidRepository("the local path cannot be read") from None
    if not found:
        raise InvalidRepository("the local path is not a directory with a git repository")
    return LocalSource(repository)
