"""What an image is built from has no hole that is known to let a repository in."""

import re
from itertools import pairwise

import pytest
from packaging.version import Version

from tests.dockerfile import ROOT

# The release of Debian that an image is of, and the version of git that it has.
GIT = {"trixie": (2, 47, 3)}
# The first of each line without the holes of July 2025 (CVE-2025-48384, -48385, -48386); later lines never had them.
MENDED = ((2, 43, 7), (2, 44, 4), (2, 45, 4), (2, 46, 4), (2, 47, 3), (2, 48, 2), (2, 49, 1), (2, 50, 1))
NEWEST_MENDED = MENDED[-1]
# asyncpg waits for ever in close() before; see fleet/db.py.
ASYNCPG = Version("0.32.0")


def is_mended(git: tuple[int, int, int]) -> bool:
    return git >= NEWEST_MENDED or any(
        first <= git < (after[0], after[1], 0) for first, after in pairwise((*MENDED, (2, 51, 0)))
    )


@pytest.mark.parametrize(
    ("git", "mended"),
    [((2, 43, 6), False), ((2, 43, 7), True), ((2, 47, 2), False), ((2, 50, 0), False), ((2, 51, 0), True)],
)
def test_each_line_of_git_was_mended_with_a_version_of_its_own(git: tuple[int, int, int], mended: bool) -> None:
    assert is_mended(git) == mended


def test_the_analyzers_image_has_a_git_without_known_holes() -> None:
    bases = re.findall(r"(?m)^FROM \S+-slim-(\w+)", (ROOT / "Dockerfile.analyzer").read_text(encoding="utf-8"))

    assert len(set(bases)) == 1
    assert is_mended(GIT[bases[0]])


def test_the_analyzers_image_lends_nobody_the_rights_of_another_user() -> None:
    text = (ROOT / "Dockerfile.analyzer").read_text(encoding="utf-8")
    last = text.rpartition("\nFROM ")[2]

    # After the last package is installed, and before the user is changed.
    taken = r"apt-get install[\s\S]+find / -xdev -perm /6000 -type f -exec chmod a-s {} \+\n[\s\S]+\nUSER "
    assert re.search(taken, last)


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_the_driver_can_be_closed(path: str) -> None:
    pinned = re.findall(r"(?m)^asyncpg==(\S+)", (ROOT / path).read_text(encoding="utf-8"))

    assert all(Version(each) >= ASYNCPG for each in pinned)
