"""What quickstart calls a repository on this disk."""

from pathlib import Path

import pytest

from entrypoints.quickstart import make_job


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the repository ``repo`` is, and the link ``requests.git`` to it."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "sub").mkdir()
    (tmp_path / "requests.git").symlink_to("repo")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("./repo", "repo"),
        ("repo/", "repo"),
        ("./requests.git", "requests"),
        ("requests.git/", "requests"),
        ("./repo/.git", "repo"),
        ("./repo/sub/..", "repo"),
        ("./bare.git", "bare"),
        ("./a b", "a-b"),
        ("./.hidden", "hidden"),
        ("/", "repository"),
        ("./" + "x" * 99 + "_.git", "x" * 99 + "_"),
    ],
)
def test_a_repository_is_called_by_the_name_that_was_typed(typed: str, name: str) -> None:
    assert make_job(typed, None).repo == name


def test_a_dot_is_the_folder_one_is_in(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here / "requests.git")

    assert make_job(".", None).repo == "repo"
    assert make_job("..", None).path == str(here)


def test_a_link_is_another_name_for_the_same_folder(here: Path) -> None:
    link, folder = make_job("./requests.git", None), make_job("./repo", None)

    assert link.path == folder.path == str(here / "repo")
    assert link.owner == folder.owner


def test_two_folders_of_one_name_have_two_owners(here: Path) -> None:
    (here / "other" / "repo").mkdir(parents=True)

    assert make_job("./other/repo", None).owner != make_job("./repo", None).owner
