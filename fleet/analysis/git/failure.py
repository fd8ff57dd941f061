"""What a failed git command means for the analysis.

git's exit code is 128 for nearly everything, so its messages decide. They are constants of its sources, untranslated
under LC_ALL=C, and named here by the file that prints them (read in 2.39). What no marker claims is taken for trouble
on the way, which another attempt may not meet.
"""

import base64
import re
from http import HTTPStatus
from urllib.parse import quote

from fleet.analysis.limits import Limits
from fleet.config import Secret
from fleet.errors import (
    AnalysisError,
    CommitNotFound,
    LimitExceeded,
    RepositoryRefused,
    RepositoryUnavailable,
)

_TOO_LARGE = re.compile(r"File too large")  # strerror(EFBIG), from whoever writes the pack
_DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded")  # strerror(ENOSPC), strerror(EDQUOT)
_NO_MEMORY = re.compile(r"[Oo]ut of memory|Cannot allocate memory")  # wrapper.c; strerror(ENOMEM)
_NO_COMMIT = re.compile(
    r"not our ref"  # upload-pack.c
    r"|unadvertised object"  # fetch-pack.c, when the host does not hand out commits by their id
    r"|couldn't find remote ref"  # remote.c
    r"|mismatched algorithms"  # fetch-pack.c: a SHA-1 id in a SHA-256 repository, or the reverse
)
_STATUS = re.compile(r"The requested URL returned error: (\d{3})")  # http.c and libcurl
_REFUSED = re.compile(
    r"repository '.*' not found"  # remote-curl.c, status 404
    r"|Authentication failed for"  # remote-curl.c, the token was not accepted
    r"|could not read (?:Username|Password) for"  # credential.c and prompt.c: asked for one, and there is none
    r"|does not appear to be a git repository"  # connect.c and upload-pack.c
    r"|dubious ownership"  # setup.c
)
# These ask for patience; every other status from 300 to 499 is an answer about this repository.
_PATIENCE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_MOST_REASON = 300


def judge(code: int, stderr: bytes, *, limits: Limits, token: Secret | None) -> AnalysisError:
    """Return the error for a git command that ended with *code* and said *stderr*."""
    said = _own_words(stderr)
    # The first complaint is the cause, the others follow from it.
    reason = redact(said.splitlines()[0] if said else f"git ended with {code}", token)
    status = _STATUS.search(said)
    of_room = _judge_room(said, limits, reason)
    if of_room is not None:
        return of_room
    if _NO_COMMIT.search(said):
        return CommitNotFound("the repository does not hand out this commit", reason=reason)
    if status:
        return _judge_status(int(status[1]))
    if _REFUSED.search(said):
        return RepositoryRefused("the repository does not exist, or may not be read", reason=reason)
    return RepositoryUnavailable("the repository could not be fetched", reason=reason)


def redact(text: str, token: Secret | None) -> str:
    """Return *text* in one printable line, bounded, without any form of *token*."""
    for form in _forms(token):
        text = text.replace(form, "***")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable[:_MOST_REASON]


def _judge_room(said: str, limits: Limits, reason: str) -> AnalysisError | None:
    if _TOO_LARGE.search(said):
        return LimitExceeded("the repository is larger than an analysis may fetch", limit=limits.fetched)
    if _NO_MEMORY.search(said):
        return LimitExceeded("the repository needs more memory than an analysis may use", limit=limits.memory)
    if _DISK_FULL.search(said):
        # Not the repository's fault: another machine, or a later attempt, has room.
        return RepositoryUnavailable("the disk that repositories are fetched to is full", reason=reason)
    return None


def _judge_status(status: int) -> AnalysisError:
    if status in _PATIENCE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RepositoryUnavailable("the host answered with an error", status=status)
    if status < HTTPStatus.BAD_REQUEST:
        return RepositoryRefused("the host has the repository under another address", status=status)
    return RepositoryRefused("the repository does not exist, or may not be read", status=status)


def _own_words(stderr: bytes) -> str:
    """Return the lines git itself wrote; what the host said stands behind ``remote:`` and proves nothing."""
    lines = stderr.decode("utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if line.startswith(("fatal: ", "error: ")))


def _forms(token: Secret | None) -> list[str]:
    if token is None or not token.reveal():
        return []
    plain = token.reveal()
    basic = base64.b64encode(f"x-access-token:{plain}".encode()).decode()
    return [basic, quote(plain, safe=""), plain]
