"""What is said of an image that is not as it should be; `make images` builds and looks into real ones."""

from typing import Any

import msgspec
import pytest

from tests.images.look import Seen, problems

SOUND = Seen(
    image="fleet-cleanup",
    user="10001",
    brought_mb=30,
    environment_mb=29,
    program_mb=1,
    packages=["anyio 4.16.0", "asyncpg 0.32.0"],
    debian_added=[],
    lend_rights=[],
    may_change=[],
)


def test_an_image_that_is_as_it_should_be_has_no_problem() -> None:
    assert problems(SOUND) == []


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"user": "root"}, "its user is root"),
        ({"packages": ["cryptography 50.0.2"]}, "it holds cryptography 50.0.2"),
        ({"packages": ["tree-sitter-python 0.25.0"]}, "it holds tree-sitter-python 0.25.0"),
        ({"packages": ["rich 15.0.0"]}, "it holds rich 15.0.0"),
        ({"debian_added": ["git 1:2.47.3-0+deb13u1"]}, "it brings git 1:2.47.3-0+deb13u1"),
        ({"lend_rights": ["usr/bin/su"]}, "programs lend rights: usr/bin/su"),
        ({"may_change": ["app/fleet/db.py"]}, "its user may change app/fleet/db.py"),
    ],
)
def test_each_thing_that_does_not_belong_there_is_named(odd: dict[str, Any], said: str) -> None:
    assert problems(msgspec.structs.replace(SOUND, **odd)) == [said]


@pytest.mark.parametrize(("version", "found"), [("1:2.47.3-0+deb13u1", 0), ("1:2.47.2-1", 1)])
def test_the_analyzer_has_a_git_with_the_fixes_that_matter(version: str, found: int) -> None:
    seen = msgspec.structs.replace(
        SOUND, image="fleet-analyzer", packages=["cryptography 50.0.2"], debian_added=[f"git {version}"]
    )

    assert len(problems(seen)) == found
