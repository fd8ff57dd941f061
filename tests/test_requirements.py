"""The locked requirement sets."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?P<marker> ; [^\\]+)? \\$")


def pins(lock: Path) -> dict[str, str]:
    found = (PIN.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {pin["name"]: pin["version"] for pin in found if pin}


def test_there_is_one_set_for_each_image_and_for_each_command_and_one_to_add() -> None:
    assert [lock.stem for lock in LOCKS] == [
        "analyzer",
        "cleanup",
        "cli",
        "dashboard",
        "dev",
        "quickstart",
        "spec-generator",
        "telemetry",
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_line_is_a_pin_a_hash_or_a_comment(lock: Path) -> None:
    allowed = re.compile(rf"{PIN.pattern}|^    --hash=sha256:[0-9a-f]{{64}}( \\)?$|^    #( |$)")

    odd = [line for line in lock.read_text(encoding="utf-8").splitlines() if not allowed.match(line)]

    assert odd == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_pin_has_a_hash(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()

    bare = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.match(line) and not following.startswith("    --hash=")
    ]

    assert bare == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_set_names_a_host(lock: Path) -> None:
    assert "://" not in lock.read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_set_agrees_with_the_developers_set(lock: Path) -> None:
    tested = pins(ROOT / "requirements" / "dev.txt")

    assert {name: tested.get(name) for name in pins(lock)} == pins(lock)


def test_the_developers_set_covers_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {re.split(r"[\[<>=; ]", line)[0].lower() for line in declared} - {"fleet"}

    assert names - set(pins(ROOT / "requirements" / "dev.txt")) == set()
