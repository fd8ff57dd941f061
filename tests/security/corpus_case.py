"""What a hostile repository is made with."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tests.analysis.git.plumbing import FILE, BareRepository

# A repository that is not refused for what else it holds has this file's test in its inventory.
GOOD = (b"test_good.py", b"import pytest\ndef test_good(): ...\n")

Entry = tuple[str, bytes, str]


class Outside(msgspec.Struct, frozen=True):
    """What lies around the repositories: a file that nobody may open, and a folder that stays empty."""

    canary: Path
    marks: Path

    def mark(self, name: str) -> str:
        """Return a command of the shell that leaves something behind."""
        return f"touch {self.marks}/{name}"


Build = Callable[[BareRepository, Outside], None]


class Case(msgspec.Struct, frozen=True):
    """How a repository is made, and how its analysis ends: done, or with the name of an error."""

    build: Build
    ends: str = "done"
    settings: Callable[[Outside], str] = lambda _: ""
    sha256: bool = False


def commit(repository: BareRepository, *entries: Entry) -> str:
    """Commit *entries* behind the good file."""
    name, content = GOOD
    return repository.commit(repository.tree((FILE, name, repository.blob(content)), *entries))


def of_files(files: Mapping[bytes, bytes]) -> Build:
    """Return what commits *files* and the good one, in one flat folder."""

    def build(repository: BareRepository, _: Outside) -> None:
        entries = ((FILE, name, repository.blob(content)) for name, content in sorted(files.items()))
        commit(repository, *entries)

    return build


def object_file(repository: BareRepository, oid: str) -> Path:
    return repository.path / "objects" / oid[:2] / oid[2:]
