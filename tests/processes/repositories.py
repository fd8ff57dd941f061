"""Git repositories that the tests of the processes analyse."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_GIT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def make_repository(path: Path, files: Mapping[str, str]) -> str:
    """Make a bare repository at *path* with one commit of *files*; returns the commit."""
    path.mkdir(parents=True)
    _git(path, "init", "--quiet", "--bare", "--initial-branch=main")
    stream = ["commit refs/heads/main", "committer Test <test@example.org> 1700000000 +0000", "data 0"]
    for name, text in files.items():
        stream += [f"M 100644 inline {name}", f"data {len(text.encode())}", text]
    _git(path, "fast-import", "--quiet", text="\n".join(stream) + "\n")
    return _git(path, "rev-parse", "main").strip()


def many_tests(files: int) -> dict[str, str]:
    """Return so many files of ten tests each."""
    body = "".join(f"def test_case_{number}():\n    assert {number}\n\n" for number in range(10))
    return {"conftest.py": ""} | {f"tests/test_module_{number:05}.py": body for number in range(files)}


def _git(path: Path, *arguments: str, text: str | None = None) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=path, env=_GIT, input=text, capture_output=True, text=True, check=True
    ).stdout
