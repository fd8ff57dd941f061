"""Reads trees and files of a fetched commit, without a work tree."""

import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import anyio.abc
import msgspec
from anyio.streams.buffered import BufferedByteReceiveStream

from fleet.analysis.git.command import start, took_too_long
from fleet.analysis.git.fetch import Workplace
from fleet.analysis.limits import Limits
from fleet.errors import LimitExceeded, RepositoryUnavailable

# No file system could hold a longer path.
_MOST_PATH = 4_096
_MOST_LINE = 256
# 100644 and 100755, and 100664 in trees of long ago.
_REGULAR = b"100"


class Entry(msgspec.Struct, frozen=True):
    """A regular file of the commit; *size* is known once its content has been fetched."""

    path: str
    blob: str
    size: int | None = None


async def list_files(place: Workplace, commit: str) -> list[Entry]:
    """Return the regular files of *commit*, sorted by path; links and submodules are left out."""
    entries: dict[str, Entry] = {}
    command = place.reading("ls-tree", "-r", "-z", commit)
    # A tree can name the same tree so often that git is busy for years without a word.
    with anyio.move_on_after(place.limits.wall.total_seconds()):
        async with start(command, stdin=None, stdout=subprocess.PIPE) as process:
            async for record in _records(_buffered(process), place.limits):
                if entry := _entry(record):
                    # A tree written by hand can name a file twice.
                    entries.setdefault(entry.path, entry)
            await _expect_success(process)
        return [entries[path] for path in sorted(entries)]
    raise took_too_long(place.limits)


async def sizes_of(place: Workplace, blobs: Sequence[str]) -> dict[str, int]:
    """Return the sizes of those *blobs* that are here."""
    sizes: dict[str, int] = {}
    names = await write_names(place, "measured", blobs)
    command = place.reading("cat-file", "--batch-check", "--buffer")
    with anyio.move_on_after(place.limits.wall.total_seconds()):
        async with start(command, stdin=names, stdout=subprocess.PIPE) as process:
            stream = _buffered(process)
            for blob in blobs:
                if (size := _size(await _line(stream), blob)) is not None:
                    sizes[blob] = size
            await _expect_success(process)
        return sizes
    raise took_too_long(place.limits)


async def contents(process: anyio.abc.Process, blobs: Sequence[str], limits: Limits) -> AsyncIterator[bytes]:
    """Yield the content of each of *blobs* from a running ``cat-file --batch`` that was given their names."""
    stream = _buffered(process)
    for blob in blobs:
        content = None
        with anyio.move_on_after(limits.wall.total_seconds()):
            size = _size(await _line(stream), blob)
            if size is None:
                raise _broken()
            content = await _exactly(stream, size + 1)
        if content is None:
            raise took_too_long(limits)
        yield content[:-1]


async def write_names(place: Workplace, name: str, blobs: Sequence[str]) -> Path:
    """Write *blobs* for a command's stdin: from a file, so that it never waits for us while we wait for it."""
    names = place.directory / name
    await anyio.Path(names).write_text("".join(f"{blob}\n" for blob in blobs), encoding="ascii")
    return names


def _entry(record: bytes) -> Entry | None:
    """Return the file that one record of ls-tree describes, or None for anything else.

    A path is kept as text that every store accepts: bytes that are not UTF-8 are escaped. One that no checkout could
    make (``../x``) is left out; such trees are only written by hand.
    """
    facts, _, path = record.partition(b"\t")
    mode, kind, blob = facts.split(b" ")
    if kind != b"blob" or not mode.startswith(_REGULAR):
        return None
    if len(path) > _MOST_PATH or any(part in {b"", b".", b".."} for part in path.split(b"/")):
        return None
    return Entry(path.decode("utf-8", errors="backslashreplace"), blob.decode("ascii"))


async def _records(stream: BufferedByteReceiveStream, limits: Limits) -> AsyncIterator[bytes]:
    rest = b""
    seen = 0
    async for chunk in stream:
        *records, rest = (rest + chunk).split(b"\0")
        seen += len(records)
        if seen > limits.files:
            raise LimitExceeded("the repository has more files than an analysis may list", limit=limits.files)
        for record in records:
            yield record


def _size(line: bytes, blob: str) -> int | None:
    """Return the size that a line of cat-file gives for *blob*, or None when that is not here."""
    name, kind, *size = line.split(b" ")
    if name != blob.encode():
        raise _broken()
    return int(size[0]) if kind == b"blob" else None


def _buffered(process: anyio.abc.Process) -> BufferedByteReceiveStream:
    if process.stdout is None:
        raise _broken()
    return BufferedByteReceiveStream(process.stdout)


async def _line(stream: BufferedByteReceiveStream) -> bytes:
    try:
        return await stream.receive_until(b"\n", _MOST_LINE)
    except (anyio.IncompleteRead, anyio.DelimiterNotFound):
        raise _broken() from None


async def _exactly(stream: BufferedByteReceiveStream, count: int) -> bytes:
    try:
        return await stream.receive_exactly(count)
    except anyio.IncompleteRead:
        raise _broken() from None


async def _expect_success(process: anyio.abc.Process) -> None:
    if await process.wait() != 0:
        raise _broken()


def _broken() -> RepositoryUnavailable:
    return RepositoryUnavailable("git could not read what it has fetched")
