"""Programs that an image is built and looked at with."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class Failed(Exception):
    """A program that ended otherwise than it should, and its last words."""


def run(command: Sequence[str | Path], *, environ: Mapping[str, str] | None = None) -> str:
    """Return what *command* wrote; raises Failed."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if ran.returncode:
        raise Failed(f"{' '.join(map(str, command[:3]))} ended with {ran.returncode}: {ran.stderr[-2000:]}")
    return ran.stdout.strip()


class Buildah:
    """Buildah with images of its own below *folder*, in which nothing is found that was not made here."""

    def __init__(self, folder: Path) -> None:
        self._options = ("--root", str(folder / "storage"), "--runroot", str(folder / "run"), "--storage-driver", "vfs")

    def __call__(self, command: str, *arguments: str | Path) -> str:
        return run(["buildah", *self._options, command, *arguments])
