"""Looks into a process and all that descend from it, as root could."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec


class Seen(msgspec.Struct, frozen=True):
    """One process at one moment; *files* is what its open files hold, of those that are files."""

    pid: int
    command: bytes
    environment: bytes
    files: bytes

    @property
    def is_git(self) -> bool:
        """Git, what git starts, and the launcher and the helper of both."""
        return b"git" in self.command or b"limited.py" in self.command


def look(root: int) -> list[Seen]:
    """Return *root* and its descendants, without those that end meanwhile."""
    return [seen for pid in descendants(root) for seen in _seen(pid)]


def descendants(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        # Of one that ends meanwhile there is nothing to read, or not even a folder to look into.
        with suppress(OSError):
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += map(int, children.read_text(encoding="ascii").split())
    return found


def memory(pid: int) -> bytes:
    """Return all that the process may write to, which is where anything it was told must be."""
    held = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as contents:
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            place, rights, *_ = line.split()
            start, end = (int(address, 16) for address in place.split("-"))
            if "w" in rights:
                held.append(os.pread(contents.fileno(), end - start, start))
    return b"".join(held)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _seen(pid: int) -> Iterator[Seen]:
    folder = Path(f"/proc/{pid}")
    try:
        yield Seen(pid, (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes(), _open_files(folder))
    except OSError:
        return


def _open_files(folder: Path) -> bytes:
    # Not pipes: to read one here is to take what it holds from who should have it.
    files = [file for file in (folder / "fd").iterdir() if stat.S_ISREG(file.stat().st_mode)]
    return b"".join(file.read_bytes() for file in files)
