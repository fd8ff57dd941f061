"""Repositories for the benchmark of an analysis: made up, or a copy of a real one, and what fetching them takes."""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

ASSETS = 40
_ASSET_BYTES = 500_000
_TESTS_A_FILE = 25
_GIT = {
    "PATH": os.defpath,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
_BODY = """
    result = prepare({number}, mode="fast").run([value * 2 for value in range({number})])
    assert result is not None, f"nothing came of it: {{result!r}}"
    assert result.total == {number}
"""


def make_repository(path: Path, tests: int) -> str:
    """Make a repository of so many tests, beside as many megabytes of pictures as a site has; returns the commit."""
    path.mkdir()
    git(path, "init", "--quiet", "--bare", "--initial-branch=main")
    git(path, "config", "uploadpack.allowFilter", "true")
    chosen = random.Random(1)  # noqa: S311  # nothing is secret here
    stream = [b"commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 0\n"]
    for name, content in (
        *_tests(tests),
        *((f"assets/{n}.png", chosen.randbytes(_ASSET_BYTES)) for n in range(ASSETS)),
    ):
        stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    git(path, "fast-import", "--quiet", text=b"".join(stream))
    return git(path, "rev-parse", "main").decode().strip()


def copy_repository(real: Path, path: Path) -> str:
    """Make *path* a repository with the objects of *real* that can leave files out; returns the newest commit."""
    git(real, "clone", "--quiet", "--bare", "--shared", "--", str(real), str(path))
    git(path, "config", "uploadpack.allowFilter", "true")
    git(path, "config", "uploadpack.allowAnySHA1InWant", "true")
    return git(path, "rev-list", "--all", "--max-count=1").decode().strip()


def clone(repository: Path, folder: Path, commit: str) -> int:
    """Fetch *commit* as a shallow clone does; returns how many bytes that were."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare")
    git(folder, "-c", "fetch.unpackLimit=1", "fetch", "--quiet", "--depth=1", repository.as_uri(), commit)
    return packed(folder)


def packed(folder: Path) -> int:
    """Return the bytes of all packs below *folder*: what was transferred, less some headers."""
    return sum(file.stat().st_size for file in folder.rglob("*.pack"))


def git(folder: Path, *arguments: str, text: bytes | None = None) -> bytes:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, env=_GIT, input=text, capture_output=True, check=True).stdout  # noqa: S603  # its own words


def _tests(count: int) -> Iterator[tuple[str, bytes]]:
    for number in range(0, count, _TESTS_A_FILE):
        tests = (
            f"def test_case_{case}():{_BODY.format(number=case)}\n" for case in range(number, number + _TESTS_A_FILE)
        )
        yield f"tests/test_module_{number:06}.py", ("import pytest\n\n\n" + "\n".join(tests)).encode()
