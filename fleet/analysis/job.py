"""The arguments of an analysis. Producers import this; it reaches nothing else of the feature."""

import re
from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from fleet.queue.job import Job, Policy

# Spelled out here as well as where addresses are parsed, because a job may be typed at a prompt.
Host = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\Z")]
Owner = Annotated[
    str, msgspec.Meta(max_length=255, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\Z")
]
RepositoryName = Annotated[str, msgspec.Meta(max_length=100, pattern=r"^(?!\.{1,2}\Z|\.git\Z)[A-Za-z0-9._-]+\Z")]
CommitHash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")]
UserId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]

_GITHUB = "github.com"
_OWNER_ON_GITHUB = re.compile(r"(?=.{1,39}\Z)[A-Za-z0-9](?:-?[A-Za-z0-9])*")

# Labels repositories that are given by a path; a reserved name, so that no host can have it.
LOCAL_HOST = "file.localhost"

QUEUES = ("analysis_priority", "analysis_default", "analysis_scheduled")


class Analyze(Job, frozen=True, kw_only=True):
    """Take the inventory of one commit; *commit* None is whatever HEAD is when the job runs.

    *path* names a repository on the analyzer's own disk, which must allow that; the host is LOCAL_HOST then, and owner
    and repo label it.
    """

    kind: ClassVar[str] = "analyze"
    queue: ClassVar[str] = "analysis_default"
    policy: ClassVar[Policy] = Policy(max_attempts=3, time_limit=timedelta(minutes=20))
    unique_by: ClassVar[tuple[str, ...]] = ("host", "owner", "repo", "commit", "user_id")
    fair_by: ClassVar[str | None] = "user_id"

    owner: Owner
    repo: RepositoryName
    host: Host = _GITHUB
    commit: CommitHash | None = None
    user_id: UserId | None = None
    path: Annotated[str, msgspec.Meta(max_length=4096)] | None = None

    def __post_init__(self) -> None:
        if self.host == _GITHUB and not _OWNER_ON_GITHUB.fullmatch(self.owner):
            raise ValueError(
                "on github.com an owner has at most 39 letters, digits and single hyphens between them - at `$.owner`"
            )
