"""Which repository somebody means, whatever form of its address they paste."""

import re
from collections.abc import Collection

import msgspec

from fleet.errors import InvalidRepository

DEFAULT_HOSTS = ("github.com",)

# ASCII only, so that a letter which merely looks Latin is refused.
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_OWNER = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*")
# GitLab's groups within groups; none is called "-", which divides their names from those of pages.
_GROUPS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_NO_GROUP = (".", ".git", ".atom")
_REPO = re.compile(r"[A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_IP_LITERAL = re.compile(r"\[.*|[0-9.]+|0[xX][0-9a-fA-F.xX]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_SCP = re.compile(r"git@([^/:@]+):(?!/)(.*)", re.DOTALL)

_MAX_TEXT = 2_000
_MAX_OWNER = 39
_MAX_GROUPS = 255
_WITHOUT_GROUPS = "github.com"
_MAX_REPO = 100

# Pages of a repository; what follows the word is not part of the address.
_PAGES = frozenset(
    {"actions", "blame", "blob", "branches", "commit", "commits", "issues", "jobs", "merge_requests", "pipelines"}
    | {"pull", "pulls", "raw", "releases", "tags", "tree", "wiki", "wikis"}
)
_PAGES_OF_A_REVISION = frozenset({"blame", "blob", "commit", "commits", "raw", "tree"})


class RepositoryAddress(msgspec.Struct, frozen=True):
    """A repository on a host; one that breaks the rules cannot be made (InvalidRepository).

    Its *owner* may be a group within groups, as in ``group/inner``, where the host has such.
    """

    host: str
    owner: str
    repo: str

    def __post_init__(self) -> None:
        if _IP_LITERAL.fullmatch(self.host):
            raise InvalidRepository("the host of a repository must be a name, not an IP address")
        if not _HOST.fullmatch(self.host):
            raise InvalidRepository("the host of a repository must be a plain domain name in lower case")
        _require_owner(self.host, self.owner)
        if len(self.repo) > _MAX_REPO or self.repo in {".", "..", ".git"} or not _REPO.fullmatch(self.repo):
            raise InvalidRepository(
                "a repository's name has at most 100 letters, digits, dots, hyphens and underscores"
            )


class PastedAddress(msgspec.Struct, frozen=True):
    """An address, and the commit when the pasted page names one in full."""

    address: RepositoryAddress
    commit: str | None = None


def parse_pasted(text: str, *, hosts: Collection[str] = DEFAULT_HOSTS) -> PastedAddress:
    """Return the repository and the commit *text* names; raises InvalidRepository.

    No message repeats *text*: it may hold a password. ``owner/repo`` means the first of *hosts*.
    """
    text = _unwrap(text)
    host, path = _split_host(text, default=next(iter(hosts)))
    host = host.lower().removeprefix("www.")
    parts = path.removesuffix("/").split("/")
    if len(parts) == 1:
        raise InvalidRepository("write the repository as owner/repository or as the URL of its page")
    owner, repo, page = _divide(host, parts)
    address = RepositoryAddress(host, owner, repo.removesuffix(".git"))
    if address.host not in hosts:
        raise InvalidRepository("repositories of this host are not analysed", host=address.host)
    return PastedAddress(address, _commit_of_page(page))


def clone_url(address: RepositoryAddress) -> str:
    """Return the URL git fetches from: always https, never with credentials."""
    return f"https://{address.host}/{address.owner}/{address.repo}.git"


def parse_commit(text: str) -> str:
    """Return *text* when it is a full commit id in lower case; raises InvalidRepository."""
    if not _COMMIT.fullmatch(text):
        raise InvalidRepository("commit must be 40 or 64 hex digits")
    return text


def _unwrap(text: str) -> str:
    text = text.strip(" \t\r\n")
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip(" ")
    if not text or len(text) > _MAX_TEXT:
        raise InvalidRepository("an address has between 1 and 2000 characters")
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise InvalidRepository("an address is plain ASCII without spaces, backslashes or control characters")
    if "?" in text or "#" in text:
        raise InvalidRepository("remove everything from the first ? or # of the address")
    return text


def _split_host(text: str, *, default: str) -> tuple[str, str]:
    """Return the host and the path behind it, without user, scheme and port."""
    if url := _SCHEME.fullmatch(text):
        return _split_url(url[1].lower(), url[2])
    if scp := _SCP.fullmatch(text):
        return scp[1], scp[2]
    if "@" in text or ":" in text:
        raise InvalidRepository("an address has no user, password or port")
    first, _, rest = text.partition("/")
    if "." in first:
        return first, rest
    return default, text


def _split_url(scheme: str, rest: str) -> tuple[str, str]:
    if scheme not in {"http", "https", "ssh"}:
        raise InvalidRepository("an address starts with https://, ssh:// or git@, or has no scheme at all")
    authority, _, path = rest.partition("/")
    user, separator, host = authority.rpartition("@")
    # Only ssh addresses are written with a user, and always with this one.
    if separator and (scheme != "ssh" or user != "git"):
        raise InvalidRepository("an address has no user or password")
    if ":" in host and not host.startswith("["):
        raise InvalidRepository("an address has no port")
    return host, path


def _require_owner(host: str, owner: str) -> None:
    if host == _WITHOUT_GROUPS:
        if len(owner) > _MAX_OWNER or not _OWNER.fullmatch(owner):
            raise InvalidRepository("an owner has at most 39 letters, digits and single hyphens between them")
    elif (
        len(owner) > _MAX_GROUPS
        or not _GROUPS.fullmatch(owner)
        or any(group.endswith(_NO_GROUP) for group in owner.split("/"))
    ):
        raise InvalidRepository(
            "an owner is a group, or groups within each other with slashes between them, of at most 255 letters,"
            " digits, dots, hyphens and underscores"
        )


def _divide(host: str, parts: list[str]) -> tuple[str, str, list[str]]:
    """Return the owner, the repository, and the parts of the page that was pasted."""
    if host == _WITHOUT_GROUPS or ("-" not in parts and parts[2:] and parts[2] in _PAGES):
        return parts[0], parts[1], parts[2:]
    end = parts.index("-") if "-" in parts else len(parts)
    owner, _, repo = "/".join(parts[:end]).rpartition("/")
    return owner, repo, parts[end + 1 :]


def _commit_of_page(page: list[str]) -> str | None:
    if not page:
        return None
    kind, *rest = page
    if kind not in _PAGES or any(part in {"", ".", ".."} for part in page):
        raise InvalidRepository("the address has more parts than an owner and a repository")
    if kind == "commit":
        return parse_commit(rest[0] if rest else "")
    if kind in _PAGES_OF_A_REVISION and rest and _COMMIT.fullmatch(rest[0]):
        return rest[0]
    return None
