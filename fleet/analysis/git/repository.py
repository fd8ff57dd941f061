"""A repository for the time of one analysis: fetched, listed, read, gone."""

import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.abc
import anyio.to_thread
import msgspec

from fleet.analysis.git.command import end, start
from fleet.analysis.git.environment import write_files
from fleet.analysis.git.fetch import Workplace, fetch_blobs, fetch_commit, resolve_head
from fleet.analysis.git.read import Entry, contents, list_files, sizes_of, write_names
from fleet.analysis.git.scratch import open_scratch
from fleet.analysis.git.source import Source
from fleet.analysis.limits import Limits
from fleet.analysis.repository import parse_commit
from fleet.config import Secret
from fleet.errors import LimitExceeded, RepositoryUnavailable


class Repository:
    """One commit; usable inside `open_repository` only."""

    def __init__(self, place: Workplace, commit: str) -> None:
        self.commit = commit
        self._place = place
        self._readers: set[anyio.abc.Process] = set()

    async def entries(self) -> list[Entry]:
        """Return the regular files, sorted by path, without sizes: their content is not here yet."""
        return await list_files(self._place, self.commit)

    async def measure(self, entries: Sequence[Entry]) -> list[Entry]:
        """Fetch the content of *entries*, in one request, and return them with their sizes."""
        blobs = list(dict.fromkeys(entry.blob for entry in entries))
        sizes = await sizes_of(self._place, blobs)
        # None is missing where the host did not leave files out, as a plain directory without that setting.
        if missing := [blob for blob in blobs if blob not in sizes]:
            await fetch_blobs(self._place, await write_names(self._place, "wanted", missing), commit=self.commit)
            sizes |= await sizes_of(self._place, missing)
        return [_measured(entry, sizes) for entry in entries]

    async def read(self, entries: Sequence[Entry]) -> AsyncGenerator[tuple[Entry, bytes], None]:
        """Yield *entries* with their content, in the given order; `measure` is done here where it has not been.

        Raises LimitExceeded before anything is read when one is too large; leave those out by their size.
        """
        if any(entry.size is None for entry in entries):
            entries = await self.measure(entries)
        self._refuse_large(entries)
        if not entries:
            return
        blobs = [entry.blob for entry in entries]
        names = await write_names(self._place, "read", blobs)
        command = self._place.reading("cat-file", "--batch", "--buffer")
        async with start(command, stdin=names, stdout=subprocess.PIPE) as process:
            self._readers.add(process)
            found = contents(process, blobs, self._place.limits)
            for entry in entries:
                yield entry, await anext(found)
            self._readers.discard(process)

    async def close(self) -> None:
        """End the reads that were abandoned half-way: their generators may be collected much later."""
        for process in tuple(self._readers):
            await end(process)

    def _refuse_large(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.size is not None and entry.size > self._place.limits.file_bytes:
                raise LimitExceeded(
                    "a file is larger than an analysis reads",
                    path=entry.path,
                    size=entry.size,
                    limit=self._place.limits.file_bytes,
                )


@asynccontextmanager
async def open_repository(
    source: Source, *, commit: str | None, token: Secret | None, limits: Limits, scratch: Path
) -> AsyncIterator[Repository]:
    """Fetch *commit*, or what the host calls HEAD, below *scratch*; nothing of it is left afterwards.

    Raises CommitNotFound, RepositoryRefused, RepositoryUnavailable and LimitExceeded, InvalidRepository for a
    *commit* that is no full id. *token* is shown to the source's own host alone, and only when that asks.
    """
    if commit is not None:
        parse_commit(commit)
    async with open_workplace(source, token=token, limits=limits, scratch=scratch) as place:
        wanted = commit or await resolve_head(place)
        await fetch_commit(place, wanted)
        repository = Repository(place, wanted)
        try:
            yield repository
        finally:
            await repository.close()


async def find_head(source: Source, *, token: Secret | None, limits: Limits, scratch: Path) -> str:
    """Return the commit the host calls HEAD, without fetching it; raises like `open_repository`."""
    async with open_workplace(source, token=token, limits=limits, scratch=scratch) as place:
        return await resolve_head(place)


@asynccontextmanager
async def open_workplace(
    source: Source, *, token: Secret | None, limits: Limits, scratch: Path
) -> AsyncIterator[Workplace]:
    async with open_scratch(scratch) as directory:
        await anyio.to_thread.run_sync(write_files, directory, source)
        yield Workplace(source=source, directory=directory, token=token, limits=limits)


def _measured(entry: Entry, sizes: dict[str, int]) -> Entry:
    if entry.blob not in sizes:
        raise RepositoryUnavailable("the host did not hand out a file of the commit", path=entry.path)
    return msgspec.structs.replace(entry, size=sizes[entry.blob])
