"""Where a behaviour leads."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.document import Subject
from fleet.specgen.links import commit_url, file_url, repository_url
from tests.specgen.inventories import COMMIT, subject_with


def subject(host: str = "github.com", **changes: str) -> Subject:
    return msgspec.structs.replace(subject_with(1), host=host, **changes)


def test_a_test_on_github_is_a_line_of_a_blob() -> None:
    assert commit_url(subject()) == f"https://github.com/acme/shop/tree/{COMMIT}"
    assert file_url(subject(), "a/b c.py", 12) == f"https://github.com/acme/shop/blob/{COMMIT}/a/b%20c.py#L12"
    assert file_url(subject(), "a/b.py") == f"https://github.com/acme/shop/blob/{COMMIT}/a/b.py"


def test_groups_within_groups_keep_their_slashes() -> None:
    assert repository_url(subject("gitlab.com", owner="acme/web")) == "https://gitlab.com/acme/web/shop"


def test_gitlab_keeps_its_pages_behind_a_dash() -> None:
    assert repository_url(subject("gitlab.com")) == "https://gitlab.com/acme/shop"
    assert commit_url(subject("gitlab.com")) == f"https://gitlab.com/acme/shop/-/tree/{COMMIT}"
    assert file_url(subject("gitlab.com"), "a.py", 3) == f"https://gitlab.com/acme/shop/-/blob/{COMMIT}/a.py#L3"


def test_a_host_that_is_named_for_its_maker_has_the_makers_pages() -> None:
    assert repository_url(subject("gitlab.acme.example")) == "https://gitlab.acme.example/acme/shop"
    assert repository_url(subject("github.acme.example")) == "https://github.acme.example/acme/shop"


def test_a_host_that_is_named_for_nobody_has_the_pages_of_its_maker() -> None:
    at_gitlab = subject("git.example.org", maker="gitlab")

    assert file_url(at_gitlab, "a.py", 3) == f"https://git.example.org/acme/shop/-/blob/{COMMIT}/a.py#L3"
    assert commit_url(subject("git.example.org", maker="github")) == f"https://git.example.org/acme/shop/tree/{COMMIT}"
    assert repository_url(subject("git.example.org:80", maker="github")) is None


@pytest.mark.parametrize(
    "host", ["file.localhost", "git.example.org", "github.com/x", "github.com:80", "u@github.com", "javascript:x", ""]
)
def test_what_has_no_known_pages_has_no_links(host: str) -> None:
    assert repository_url(subject(host)) is None
    assert commit_url(subject(host)) is None
    assert file_url(subject(host), "a.py", 1) is None


def test_a_commit_that_is_none_has_no_links() -> None:
    assert commit_url(subject(commit="main#/../..")) is None


@given(st.text(max_size=20), st.text(max_size=10), st.text(max_size=10))
def test_no_name_reaches_beyond_its_part_of_an_address(path: str, owner: str, repo: str) -> None:
    address = file_url(subject(owner=owner, repo=repo), path, 1)

    assert address is not None
    assert address.startswith("https://github.com/")
    assert address.endswith("#L1")
    assert address.isascii()
    assert not set(address) & set(" <>\"'`()[]{}\\^|")
    assert address.count("#") == 1
