"""GitLab's REST API: ``GET /projects/{path}``, the path as one part of the URL."""

from typing import Literal
from urllib.parse import quote

import msgspec

from fleet.analysis.hosts.identity import Identity
from fleet.analysis.repository import RepositoryAddress


class _Project(msgspec.Struct):
    id: int
    path_with_namespace: str
    # Not among the fields that somebody is shown who has not signed in.
    visibility: Literal["public", "internal", "private"] | None = None


class GitLab(msgspec.Struct, frozen=True):
    """GitLab on a *host*, gitlab.com or one of somebody's own."""

    host: str

    @property
    def base(self) -> str:
        return f"https://{self.host}/api/v4"

    @property
    def accept(self) -> str:
        return "application/json"

    def url(self, address: RepositoryAddress) -> str:
        return f"{self.base}/projects/{quote(f'{address.owner}/{address.repo}', safe='')}"

    def read(self, body: bytes, *, anonymous: bool) -> Identity:
        said = msgspec.json.decode(body, type=_Project)
        # What nobody in particular is shown is public.
        visibility = said.visibility or ("public" if anonymous else None)
        if visibility is None or (anonymous and visibility != "public"):
            raise msgspec.ValidationError("the visibility makes no sense")
        owner, _, repo = said.path_with_namespace.rpartition("/")
        return Identity(str(said.id), RepositoryAddress(self.host, owner, repo), visibility != "public")
