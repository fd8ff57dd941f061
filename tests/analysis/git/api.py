"""What the APIs of GitHub and GitLab answer about a repository, in the fields that they document."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

GITHUB = "api.github.com"
GITLAB = "gitlab.com"


@dataclass(frozen=True)
class ApiRequest:
    host: str
    path: str
    authorization: str | None = None
    etag: str | None = None


@dataclass(frozen=True)
class ApiAnswer:
    """An answer, and how badly it is given."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    # The server falls silent after so many bytes of the body; -1 is before the headers.
    silent_after: int | None = None
    # Seconds between one byte of the body and the next.
    pause: float | None = None


@dataclass(frozen=True)
class Listed:
    """One repository as the host knows it."""

    id: int
    owner: str
    name: str
    private: bool = False


@dataclass
class FakeApi:
    """A host's books, which a test rewrites as people do: rename, delete, make private."""

    repositories: dict[int, Listed] = field(default_factory=dict)
    # Former addresses in lower case, by the id that had them.
    former: dict[str, int] = field(default_factory=dict)
    # Whoever shows one of these may read everything.
    tokens: frozenset[str] = frozenset()

    def list(self, listed: Listed) -> None:
        """Enter *listed*; what had its id under another address is found there still."""
        before = self.repositories.get(listed.id)
        if before is not None:
            self.former[_path(before)] = listed.id
        self.repositories[listed.id] = listed
        self.former.pop(_path(listed), None)

    def delete(self, number: int) -> None:
        del self.repositories[number]
        self.former = {path: owner for path, owner in self.former.items() if owner != number}

    def __call__(self, request: ApiRequest) -> ApiAnswer:
        github = request.host == GITHUB
        token = (request.authorization or "").removeprefix("Bearer ")
        if request.authorization is not None and token not in self.tokens:
            message = "Bad credentials" if github else "401 Unauthorized"
            return refusal(401, message)
        found = self._find_github(request.path) if github else self._find_gitlab(request.path)
        if isinstance(found, ApiAnswer):
            return found
        if found is None or (found.private and not token):
            return refusal(404, "Not Found" if github else "404 Project Not Found")
        body = github_repository(found) if github else gitlab_project(found, anonymous=not token)
        return tagged(request, json.dumps(body).encode())

    def _find_github(self, path: str) -> Listed | ApiAnswer | None:
        _, kind, rest = path.split("/", 2)
        if kind == "repositories":
            return self.repositories.get(int(rest))
        if rest.lower() in self.former:
            number = self.former[rest.lower()]
            return moved(f"https://{GITHUB}/repositories/{number}")
        return self._at(rest)

    def _find_gitlab(self, path: str) -> Listed | None:
        full = unquote(path.removeprefix("/api/v4/projects/"))
        # GitLab does not redirect those who only read.
        number = self.former.get(full.lower())
        return self._at(full) if number is None else self.repositories[number]

    def _at(self, path: str) -> Listed | None:
        return next((one for one in self.repositories.values() if _path(one) == path.lower()), None)


def github_repository(listed: Listed) -> dict[str, object]:
    full = f"{listed.owner}/{listed.name}"
    return {
        "id": listed.id,
        "node_id": "MDEwOlJlcG9zaXRvcnkx",
        "name": listed.name,
        "full_name": full,
        "private": listed.private,
        "owner": {"login": listed.owner, "id": 1, "type": "Organization", "site_admin": False},
        "html_url": f"https://github.com/{full}",
        "description": None,
        "fork": False,
        "url": f"https://{GITHUB}/repos/{full}",
        "clone_url": f"https://github.com/{full}.git",
        "default_branch": "main",
        "archived": False,
        "disabled": False,
        "visibility": "private" if listed.private else "public",
    }


def gitlab_project(listed: Listed, *, anonymous: bool) -> dict[str, object]:
    full = f"{listed.owner}/{listed.name}"
    project: dict[str, object] = {
        "id": listed.id,
        "description": None,
        "name": listed.name.title(),
        "name_with_namespace": f"{listed.owner.title()} / {listed.name.title()}",
        "path": listed.name,
        "path_with_namespace": full,
        "default_branch": "main",
        "http_url_to_repo": f"https://{GITLAB}/{full}.git",
        "namespace": {"id": 2, "name": listed.owner, "path": listed.owner, "kind": "group", "full_path": listed.owner},
    }
    # Somebody who has not signed in is shown the basic fields only.
    return project if anonymous else project | {"visibility": "private" if listed.private else "public"}


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> ApiAnswer:
    return ApiAnswer(status, headers or {}, json.dumps({"message": message}).encode())


def moved(location: str) -> ApiAnswer:
    return ApiAnswer(
        301, {"Location": location}, json.dumps({"message": "Moved Permanently", "url": location}).encode()
    )


def tagged(request: ApiRequest, body: bytes) -> ApiAnswer:
    # A tag is for whoever asked: the same body has another one for another token.
    etag = f'W/"{hashlib.sha256(body + (request.authorization or "").encode()).hexdigest()}"'
    if request.etag == etag:
        return ApiAnswer(304, {"ETag": etag})
    return ApiAnswer(200, {"ETag": etag, "Content-Type": "application/json; charset=utf-8"}, body)


def _path(listed: Listed) -> str:
    return f"{listed.owner}/{listed.name}".lower()
