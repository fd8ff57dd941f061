"""Where a reader finds a test: addresses on the hosts whose pages are known."""

import re
from urllib.parse import quote

from fleet.specgen.document import Subject

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What stands between a repository and its pages. Other hosts of these makers are named for them, by custom.
_PAGES = {"github": "", "gitlab": "/-"}


def repository_url(subject: Subject) -> str | None:
    """Return the page of the repository; None for a folder on a disk, and for a host that nobody has taught us."""
    if _pages(subject) is None:
        return None
    # GitLab has groups within groups.
    return f"https://{subject.host}/{_quoted(subject.owner, safe='/')}/{_quoted(subject.repo, safe='')}"


def commit_url(subject: Subject) -> str | None:
    return _at_commit(subject, "tree", "")


def file_url(subject: Subject, path: str, line: int | None = None) -> str | None:
    """Return the page of *path* at the commit, at its *line*."""
    fragment = "" if line is None else f"#L{line}"
    return _at_commit(subject, "blob", f"/{_quoted(path, safe='/')}{fragment}")


def _at_commit(subject: Subject, page: str, rest: str) -> str | None:
    repository, pages = repository_url(subject), _pages(subject)
    return None if repository is None else f"{repository}{pages}/{page}/{subject.commit}{rest}"


def _pages(subject: Subject) -> str | None:
    if not _HOST.fullmatch(subject.host) or not _COMMIT.fullmatch(subject.commit):
        return None
    return _PAGES.get(subject.maker or subject.host.split(".")[0])


def _quoted(text: str, *, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")
