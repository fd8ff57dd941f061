"""GitHub's REST API: ``GET /repos/{owner}/{repo}``."""

import msgspec

from fleet.analysis.hosts.identity import Identity
from fleet.analysis.repository import RepositoryAddress

_PUBLIC_HOST = "github.com"


class _Owner(msgspec.Struct):
    login: str


class _Repository(msgspec.Struct):
    id: int
    name: str
    owner: _Owner
    # True of internal repositories, too.
    private: bool


class GitHub(msgspec.Struct, frozen=True):
    """GitHub itself, or an Enterprise Server on a *host* of its own."""

    host: str

    @property
    def base(self) -> str:
        return f"https://api.{self.host}" if self.host == _PUBLIC_HOST else f"https://{self.host}/api/v3"

    @property
    def accept(self) -> str:
        return "application/vnd.github+json"

    def url(self, address: RepositoryAddress) -> str:
        return f"{self.base}/repos/{address.owner}/{address.repo}"

    def read(self, body: bytes, *, anonymous: bool) -> Identity:
        said = msgspec.json.decode(body, type=_Repository)
        # What nobody in particular is shown is public, whatever else it is called; the contrary makes no sense.
        if anonymous and said.private:
            raise msgspec.ValidationError("a private repository was shown to nobody in particular")
        return Identity(str(said.id), RepositoryAddress(self.host, said.owner.login, said.name), said.private)
