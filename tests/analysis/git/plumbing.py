"""Writes git repositories object by object, so that a test can also build one that git itself would refuse to."""

import hashlib
import zlib
from pathlib import Path

FILE = "100644"
PROGRAM = "100755"
LINK = "120000"
FOLDER = "40000"
SUBMODULE = "160000"

_AUTHOR = "A Author <author@example.com> 1700000000 +0000"


class BareRepository:
    """A repository in *path* whose objects are written loose."""

    def __init__(self, path: Path, *, settings: str = "", sha256: bool = False) -> None:
        self.path = path
        self._hash = hashlib.sha256 if sha256 else hashlib.sha1
        for folder in ("objects/info", "objects/pack", "refs/heads", "hooks"):
            (path / folder).mkdir(parents=True)
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        version, extension = (1, "[extensions]\n\tobjectFormat = sha256\n") if sha256 else (0, "")
        (path / "config").write_text(
            f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extension}{settings}\n"
        )

    def blob(self, content: bytes) -> str:
        return self._write("blob", content)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """Write a tree of (mode, name, object); the names are taken as they are."""
        return self._write(
            "tree", b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
        )

    def commit(self, tree: str, *, branch: str | None = "main") -> str:
        text = f"tree {tree}\nauthor {_AUTHOR}\ncommitter {_AUTHOR}\n\nA commit\n"
        commit = self._write("commit", text.encode())
        if branch:
            (self.path / "refs" / "heads" / branch).write_text(f"{commit}\n")
        return commit

    def commit_files(self, files: dict[str, bytes], *, branch: str | None = "main") -> str:
        """Commit *files* in one flat folder."""
        entries = sorted((name.encode(), self.blob(content)) for name, content in files.items())
        return self.commit(self.tree(*((FILE, name, oid) for name, oid in entries)), branch=branch)

    def _write(self, kind: str, content: bytes) -> str:
        stored = f"{kind} {len(content)}".encode() + b"\0" + content
        oid = self._hash(stored).hexdigest()
        place = self.path / "objects" / oid[:2] / oid[2:]
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            place.write_bytes(zlib.compress(stored, level=1))
        return oid
