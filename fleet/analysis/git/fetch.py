"""Brings one commit, and then the files that are wanted of it, into a bare repository."""

from pathlib import Path

import anyio
import msgspec

from fleet.analysis.git.askpass import open_channel
from fleet.analysis.git.command import Command, run
from fleet.analysis.git.environment import (
    fetching_environment,
    fetching_options,
    reading_environment,
    reading_options,
)
from fleet.analysis.git.failure import judge
from fleet.analysis.git.source import RemoteSource, Source
from fleet.analysis.limits import Limits
from fleet.analysis.repository import parse_commit
from fleet.config import Secret
from fleet.errors import CommitNotFound, InvalidRepository, RepositoryUnavailable

_SHA256_LENGTH = 64
_MOST_LINE = 256
# --no-write-fetch-head and --no-tags: nothing but objects is wanted.
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--filter=blob:none")


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """A scratch directory, and what git commands in it may do."""

    source: Source
    directory: Path
    token: Secret | None
    limits: Limits

    @property
    def repository(self) -> Path:
        return self.directory / "repository"

    def reading(self, *arguments: str) -> Command:
        """A command that can reach nothing but the repository."""
        return Command(
            arguments=[*reading_options(), f"--git-dir={self.repository}", *arguments],
            environment=reading_environment(self.directory),
            directory=self.directory,
            limits=self.limits,
        )


async def resolve_head(place: Workplace) -> str:
    """Return the commit the host calls HEAD; raises CommitNotFound when that is a branch without commits."""
    answer = place.directory / "head"
    await _talk(place, "ls-remote", "--quiet", "--", "origin", "HEAD", stdout=answer)
    async with await anyio.open_file(answer, "rb") as file:
        line, _, _ = (await file.read(_MOST_LINE)).partition(b"\n")
    commit, _, name = line.partition(b"\t")
    # git also lists refs that only end in HEAD, after it.
    if name != b"HEAD":
        raise CommitNotFound("the repository has no commit at its HEAD")
    try:
        return parse_commit(commit.decode("ascii"))
    except (InvalidRepository, UnicodeDecodeError):
        raise RepositoryUnavailable("the host's answer about HEAD makes no sense") from None


async def fetch_commit(place: Workplace, commit: str) -> None:
    """Fetch *commit* and its trees, without history and, where the host can leave them out, without files."""
    await _init(place, "sha256" if len(commit) == _SHA256_LENGTH else "sha1")
    await _talk(place, f"--git-dir={place.repository}", *_FETCH, "--depth=1", "--", "origin", commit)
    kind = place.directory / "kind"
    ended = await run(place.reading("cat-file", "-t", commit), stdout=kind)
    if ended.code != 0 or await anyio.Path(kind).read_bytes() != b"commit\n":
        raise CommitNotFound("the repository has an object of this name, but it is not a commit", commit=commit)


async def fetch_blobs(place: Workplace, names: Path, *, commit: str) -> None:
    """Fetch the blobs listed in the file *names* in one request; there may be more than fit into a command line.

    A host of the first protocol can leave files out and then refuse to hand them out by their names; everything of
    *commit* is fetched from such a one.
    """
    try:
        await _fetch_by_name(place, names)
    except CommitNotFound:
        whole = ("--no-filter", "--refetch", "--depth=1", "--", "origin", commit)
        await _talk(place, f"--git-dir={place.repository}", *_FETCH, *whole)


async def _fetch_by_name(place: Workplace, names: Path) -> None:
    # All are new, so there is nothing to negotiate; it is how git itself fetches what a filter left out.
    arguments = ("-c", "fetch.negotiationAlgorithm=noop", f"--git-dir={place.repository}", *_FETCH)
    await _talk(place, *arguments, "--stdin", "--", "origin", stdin=names)


async def _init(place: Workplace, algorithm: str) -> None:
    options = ("--bare", "--quiet", "--template=", f"--object-format={algorithm}")
    command = msgspec.structs.replace(
        place.reading(), arguments=[*reading_options(), "init", *options, "--", str(place.repository)]
    )
    ended = await run(command)
    if ended.code != 0:
        raise judge(ended.code, ended.stderr, limits=place.limits, token=None)


async def _talk(place: Workplace, *arguments: str, stdin: Path | None = None, stdout: Path | None = None) -> None:
    """Run a command that reaches the source; raises what its failure means."""
    host = place.source.address.host if isinstance(place.source, RemoteSource) else ""
    token = place.token if host else None
    async with open_channel(token, host=host, directory=place.directory) as channel:
        command = Command(
            arguments=[*fetching_options(place.source, stall=place.limits.stall), *arguments],
            environment=fetching_environment(place.directory, place.source) | channel.environment,
            directory=place.directory,
            limits=place.limits,
            descriptors=channel.descriptors,
        )
        ended = await run(command, stdin=stdin, stdout=stdout)
    if ended.code != 0:
        raise judge(ended.code, ended.stderr, limits=place.limits, token=token)
