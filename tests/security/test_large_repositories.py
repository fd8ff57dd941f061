"""Repositories that are small to send and large to read, or the other way round."""

import hashlib
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from fleet.analysis.git.repository import find_head, open_repository
from fleet.analysis.git.source import RemoteSource
from fleet.analysis.limits import Limits
from fleet.errors import LimitExceeded
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import FILE, BareRepository

REFS = 100_000
VERSIONS = 1_500
BOMB = 120_000_000


async def test_a_hundred_thousand_refs_whatever_they_are_called_cost_nothing(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    commit = hosted.commit_files({"test_a.py": b"first"})
    odd = ["--upload-pack=x", "-x", "HEAD", "\u202eniam", "x;y", "@@"]
    names = sorted([*odd, *(f"b{number:06}" for number in range(REFS))], key=str.encode)
    packed = "".join(f"{commit} refs/heads/{name}\n" for name in names)
    (hosted.path / "packed-refs").write_text(f"# pack-refs with: sorted \n{packed}", encoding="utf-8")
    # What all refs would come to is more than may be fetched.
    limits = Limits(fetched=1_000_000)
    assert len(packed) > 5 * limits.fetched

    head = await find_head(source, token=None, limits=limits, scratch=scratch)
    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        found = [entry.path for entry in await repository.entries()]

    assert (head, found) == (commit, ["test_a.py"])


async def test_files_of_which_each_is_written_as_a_change_of_the_one_before_are_read(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    # A host would write such a chain anew; this one sends it as it is.
    with (hosted.path / "config").open("a", encoding="ascii") as settings:
        settings.write(f"[pack]\n\tdepth = {VERSIONS}\n")
    files = chained(hosted, VERSIONS)

    async with open_repository(source, commit=None, token=None, limits=Limits(), scratch=scratch) as repository:
        read = {entry.path: content async for entry, content in repository.read(await repository.entries())}
        received = max(deepest_chain(pack) for pack in scratch.rglob("*.idx"))

    assert read == files
    assert received == VERSIONS - 1


async def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_measured_and_not_read(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, scratch: Path
) -> None:
    hosted.commit_files({"test_a.py": b"first", "test_bomb.py": bytes(BOMB)})
    limits = Limits(fetched=BOMB // 20)

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        measured = {entry.path: entry.size for entry in await repository.measure(await repository.entries())}
        small = [entry for entry in await repository.measure(await repository.entries()) if entry.path == "test_a.py"]
        read = [content async for _, content in repository.read(small)]
        with pytest.raises(LimitExceeded, match="larger than an analysis reads"):
            await anext(repository.read(await repository.entries()))

    assert measured == {"test_a.py": 5, "test_bomb.py": BOMB}
    assert read == [b"first"]
    assert host.requests


def chained(repository: BareRepository, count: int) -> dict[str, bytes]:
    """Commit files of which each is the one before and a line more, packed as nothing but those lines."""
    content, files, entries, chain = b"", {}, [], [b"PACK" + struct.pack(">II", 2, count)]
    before = 0
    for number in range(count):
        added = b"# %06d\n" % number
        body = added if number == 0 else delta(content, added)
        content += added
        name = f"test_{number:05}.py"
        files[name] = content
        entries.append((FILE, name.encode(), hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()))
        entry = header(3 if number == 0 else 6, len(body)) + (distance(before) if number else b"") + zlib.compress(body)
        before = len(entry)
        chain.append(entry)
    pack = b"".join(chain)
    path = repository.path / "objects" / "pack" / "pack-1.pack"
    path.write_bytes(pack + hashlib.sha1(pack).digest())
    git("index-pack", str(path))
    repository.commit(repository.tree(*entries))
    return files


def delta(base: bytes, added: bytes) -> bytes:
    """Return the instructions to copy all of *base*, which is short, and to append *added*."""
    size = len(base)
    return varint(size) + varint(size + len(added)) + b"\xb0" + struct.pack("<H", size) + bytes([len(added)]) + added


def varint(number: int) -> bytes:
    octets = bytearray()
    while number > 127:
        octets.append(number & 127 | 128)
        number >>= 7
    return bytes([*octets, number])


def header(kind: int, size: int) -> bytes:
    first = kind << 4 | size & 15
    return bytes([first]) if size < 16 else bytes([first | 128]) + varint(size >> 4)


def distance(back: int) -> bytes:
    """Return how far back an entry's base begins, as packs write it."""
    octets = [back & 127]
    while back := back >> 7:
        back -= 1
        octets.append(back & 127 | 128)
    return bytes(reversed(octets))


def deepest_chain(index: Path) -> int:
    lines = [line.split() for line in git("verify-pack", "-v", str(index)).splitlines()]
    return max((int(words[5]) for words in lines if words[1:2] == [b"blob"] and len(words) > 6), default=0)


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout
