"""Where lasting files go."""

import os
from pathlib import Path

import pytest

from fleet.local.account import Account, closed_folder
from fleet.local.state import state_folder


@pytest.mark.skipif(os.getuid() == 0, reason="root's own folders depend on whether another user may pass them")
def test_a_users_state_folder_is_used(tmp_path: Path) -> None:
    assert state_folder({"HOME": str(tmp_path)}, os.getuid()) == tmp_path / ".local" / "state" / "fleet"


@pytest.mark.parametrize("environ", [{}, {"HOME": "/dev/null/home"}, {"HOME": "/dev/null"}], ids=repr)
def test_without_a_usable_home_there_is_still_a_folder(environ: dict[str, str], open_folder: Path) -> None:
    assert state_folder(environ, os.getuid(), fallback=open_folder).parent == open_folder


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the server as another user")
def test_two_closed_homes_of_root_do_not_share_a_database(tmp_path: Path, open_folder: Path) -> None:
    tmp_path.chmod(0o700)

    homes = [tmp_path / "one", tmp_path / "two"]
    folders = {state_folder({"HOME": str(home)}, 0, fallback=open_folder) for home in homes}

    assert len(folders) == 2


def test_a_folder_is_closed_when_others_may_not_pass_it(open_folder: Path) -> None:
    inner = open_folder / "outer" / "inner"
    inner.mkdir(parents=True)
    stranger = Account(uid=os.getuid() + 12_345, gid=os.getgid() + 12_345)
    assert closed_folder(inner, stranger) is None

    inner.parent.chmod(0o700)

    assert closed_folder(inner, stranger) == inner.parent
