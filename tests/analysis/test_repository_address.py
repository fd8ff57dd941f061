"""Which addresses name a repository, and which are refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.analysis.job import Analyze
from fleet.analysis.repository import (
    PastedAddress,
    RepositoryAddress,
    clone_url,
    parse_commit,
    parse_pasted,
)
from fleet.errors import InvalidRepository

REQUESTS = RepositoryAddress("github.com", "psf", "requests")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "text",
    [
        "psf/requests",
        "psf/requests/",
        "psf/requests.git",
        "github.com/psf/requests",
        "www.github.com/psf/requests",
        "GitHub.com/psf/requests",
        "https://github.com/psf/requests",
        "https://github.com/psf/requests/",
        "https://github.com/psf/requests.git",
        "https://github.com/psf/requests.git/",
        "HTTPS://GITHUB.COM/psf/requests",
        "https://www.github.com/psf/requests",
        "http://github.com/psf/requests",
        "https://github.com/psf/requests/tree/main",
        "https://github.com/psf/requests/tree/feature/with/slashes",
        "https://github.com/psf/requests/blob/main/tests/test_requests.py",
        "https://github.com/psf/requests/commits/main/",
        "https://github.com/psf/requests/pull/12",
        "https://github.com/psf/requests/issues",
        "git@github.com:psf/requests.git",
        "git@github.com:psf/requests",
        "ssh://git@github.com/psf/requests.git",
        "ssh://github.com/psf/requests",
        "  psf/requests\n",
        "<https://github.com/psf/requests>",
        " <psf/requests> ",
    ],
)
def test_every_form_a_person_pastes_names_the_repository(text: str) -> None:
    assert parse_pasted(text) == PastedAddress(REQUESTS)


@pytest.mark.parametrize("page", [f"commit/{COMMIT}", f"tree/{COMMIT}", f"blob/{COMMIT}/a/b.py", f"commits/{COMMIT}"])
def test_the_page_of_a_commit_names_the_commit_too(page: str) -> None:
    assert parse_pasted(f"https://github.com/psf/requests/{page}") == PastedAddress(REQUESTS, COMMIT)


@pytest.mark.parametrize("page", ["commit", "commit/", "commit/0123abc", f"commit/{COMMIT.upper()}", "commit/main"])
def test_the_page_of_a_commit_that_is_not_named_in_full_is_refused(page: str) -> None:
    # The head would be analysed in its place, and nobody would notice.
    with pytest.raises(InvalidRepository):
        parse_pasted(f"https://github.com/psf/requests/{page}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "<>",
        "requests",
        "/requests",
        "psf/",
        "//psf/requests",
        "psf//requests",
        "psf/requests//",
        "psf/requests/x/y",
        "psf/requests/tree/../..",
        "https://github.com",
        "https://github.com/",
        "https://github.com/psf",
        "https:///psf/requests",
        "https://evil.example/psf/requests",
        "evil.example/psf/requests",
        "evil.com/owner",
        "https://github.com.evil.example/psf/requests",
        "https://evilgithub.com/psf/requests",
        "https://github.com@evil.example/psf/requests",
        "https://user:secret@github.com/psf/requests",
        "https://secret@github.com/psf/requests",
        "https://git@github.com/psf/requests",
        "ssh://git:secret@github.com/psf/requests",
        "ssh://root@github.com/psf/requests",
        "root@github.com:psf/requests",
        "git@github.com:22/psf/requests",
        "git@github.com:/psf/requests",
        "git@evil.example:psf/requests",
        "https://github.com:443/psf/requests",
        "https://github.com:/psf/requests",
        "github.com:443/psf/requests",
        "https://127.0.0.1/psf/requests",
        "https://2130706433/psf/requests",
        "https://0x7f.1/psf/requests",
        "https://[::1]/psf/requests",
        "http://169.254.169.254/latest/meta-data",
        "https://localhost/psf/requests",
        "https://github.com./psf/requests",
        "https://github.com/psf/requests?ref=main",
        "https://github.com/psf/requests#readme",
        "https://github.com/psf/requests/blob/main/a.py?plain=1",
        "https://github.com/psf/requests/blob/main/a.py#L1",
        "https://github.com/psf/requests%2f..",
        "https://github.com/psf%2frequests/x",
        "https://github.com\\@evil.example/psf/requests",
        "file:///etc/passwd",
        "file://github.com/psf/requests",
        "git://github.com/psf/requests",
        "ftp://github.com/psf/requests",
        "ext::sh -c touch% x",
        "javascript:psf/requests",
        "--upload-pack=touch/x",
        "-x/requests",
        "../requests",
        "psf/..",
        "psf/.",
        "psf/.git",
        "./requests",
        "psf-/requests",
        "psf--x/requests",
        "p_s/requests",
        "a" * 40 + "/requests",
        "psf/" + "a" * 101,
        "psf/re quests",
        "psf/requ\nests",
        "psf/requests\0",
        "psf/requ;ests",
        "'ps''f'/requests",
        "psf/requ\u0435sts",
        "https://g\u0456thub.com/psf/requests",
        "psf\uff0frequests",
        "psf/requests\u202e",
        "psf/" + "x/" * 2_000,
    ],
)
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRepository):
        parse_pasted(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:sekret@github.com/psf/requests",
        "https://sekret@github.com/psf/requests",
        "https://github.com/psf/requests?token=sekret",
        "sekret@github.com:psf/requests",
        "https://x:sekret@",
        "sekret",
    ],
)
def test_no_refusal_repeats_what_was_pasted(text: str) -> None:
    with pytest.raises(InvalidRepository) as caught:
        parse_pasted(text)

    assert "sekret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://github.com:443/psf/requests", "port"),
        ("https://127.0.0.1/psf/requests", "IP address"),
        ("https://user:secret@github.com/psf/requests", "password"),
        ("https://github.com/psf/requests?x", "first [?] or #"),
        ("file:///etc/passwd", "starts with https"),
        ("psf/requ\u0435sts", "plain ASCII"),
        ("requests", "owner/repository"),
        ("https://gitlab.com/psf/requests", "not analysed"),
        ("https://github.com/psf/requests/x", "more parts"),
        ("psf/..", "repository's name"),
        ("-psf/requests", "an owner"),
    ],
)
def test_a_refusal_says_what_to_change(text: str, reason: str) -> None:
    with pytest.raises(InvalidRepository, match=reason):
        parse_pasted(text)


@pytest.mark.parametrize("repo", [".github", "a", "-", "_", "a" * 100, "a..b", "x.git.y"])
def test_unusual_names_of_repositories_are_names(repo: str) -> None:
    assert parse_pasted(f"https://github.com/psf/{repo}").address.repo == repo


@pytest.mark.parametrize("owner", ["a", "a" * 39, "A-b-c", "0"])
def test_unusual_names_of_owners_are_names(owner: str) -> None:
    assert parse_pasted(f"{owner}/requests").address.owner == owner


def test_other_hosts_are_accepted_when_they_are_on_the_list() -> None:
    hosts = ("git.example.org", "github.com")

    assert parse_pasted("https://git.example.org/psf/requests", hosts=hosts).address.host == "git.example.org"
    assert parse_pasted("psf/requests", hosts=hosts).address.host == "git.example.org"


@given(st.text(max_size=60))
def test_whatever_is_pasted_is_a_sound_address_or_refused(text: str) -> None:
    try:
        address = parse_pasted(text).address
    except InvalidRepository:
        return
    assert parse_pasted(clone_url(address)).address == address


@given(
    st.from_regex(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,10}", fullmatch=True),
    st.from_regex(r"[a-z0-9_-]{1,20}", fullmatch=True),
)
def test_every_sound_address_survives_its_own_url(owner: str, repo: str) -> None:
    address = RepositoryAddress("github.com", owner, repo)

    assert parse_pasted(clone_url(address)).address == address


def test_the_url_for_git_is_https_and_ends_in_git() -> None:
    assert clone_url(REQUESTS) == "https://github.com/psf/requests.git"


@pytest.mark.parametrize("host", ["", "github", "127.0.0.1", "GITHUB.com", "github.com:443", "-x.com", "x..com", "::1"])
def test_an_address_cannot_be_made_with_a_host_that_is_none(host: str) -> None:
    with pytest.raises(InvalidRepository):
        RepositoryAddress(host, "psf", "requests")


@pytest.mark.parametrize("text", [COMMIT, "ab" * 32])
def test_a_full_id_is_a_commit(text: str) -> None:
    assert parse_commit(text) == text


@pytest.mark.parametrize("text", ["", "HEAD", "a" * 39, "a" * 41, "a" * 63, COMMIT + "\n", COMMIT.upper(), "-" * 40])
def test_anything_else_is_no_commit(text: str) -> None:
    with pytest.raises(InvalidRepository, match="40 or 64 hex digits"):
        parse_commit(text)


GITLAB = ("gitlab.com", "github.com")


@pytest.mark.parametrize(
    ("text", "owner", "commit"),
    [
        ("gitlab.com/group/project", "group", None),
        ("https://gitlab.com/group/inner/project", "group/inner", None),
        ("https://gitlab.com/group/inner/project/", "group/inner", None),
        ("https://gitlab.com/a/b/c/d/project.git", "a/b/c/d", None),
        ("git@gitlab.com:group/inner/project.git", "group/inner", None),
        ("group/inner/project", "group/inner", None),
        ("gitlab.com/a_b.c/project", "a_b.c", None),
        ("https://gitlab.com/group/inner/project/-/tree/main/src", "group/inner", None),
        ("https://gitlab.com/group/inner/project/-/merge_requests/12", "group/inner", None),
        (f"https://gitlab.com/group/inner/project/-/commit/{COMMIT}", "group/inner", COMMIT),
        (f"https://gitlab.com/group/project/tree/{COMMIT}", "group", COMMIT),
    ],
)
def test_groups_within_groups_are_owners_where_there_are_such(text: str, owner: str, commit: str | None) -> None:
    assert parse_pasted(text, hosts=GITLAB) == PastedAddress(RepositoryAddress("gitlab.com", owner, "project"), commit)


@pytest.mark.parametrize(
    "text",
    [
        "gitlab.com/project",
        "gitlab.com/-/tree/main",
        "gitlab.com/group/-/issues",
        "gitlab.com/group/../project",
        "gitlab.com/group//project",
        "gitlab.com/group/./project",
        "gitlab.com/-group/project",
        "gitlab.com/group./project",
        "gitlab.com/group.git/project",
        "gitlab.com/group/inner.atom/project",
        "gitlab.com/" + "group/" * 43 + "project",
        "gitlab.com/group/inner/project/-/tree/../..",
        "gitlab.com/group/inner/project/-/commit/0123abc",
        "github.com/group/inner/project",
    ],
)
def test_what_can_be_no_group_is_refused(text: str) -> None:
    with pytest.raises(InvalidRepository):
        parse_pasted(text, hosts=GITLAB)


@given(
    # No page is called so.
    st.lists(st.from_regex(r"g[A-Za-z0-9_-]{0,8}", fullmatch=True), min_size=1, max_size=5),
    st.from_regex(r"q[a-z0-9_]{0,19}", fullmatch=True),
)
def test_every_sound_group_survives_its_own_url(groups: list[str], repo: str) -> None:
    address = RepositoryAddress("git.example.org", "/".join(groups), repo)

    assert parse_pasted(clone_url(address), hosts=[address.host]).address == address


@pytest.mark.parametrize(
    ("host", "owner"), [("github.com", "psf"), ("gitlab.com", "group/inner"), ("gitlab.com", "p_s.f")]
)
def test_a_job_takes_the_owners_that_its_host_has(host: str, owner: str) -> None:
    job = msgspec.convert({"host": host, "owner": owner, "repo": "requests"}, Analyze)

    assert RepositoryAddress(job.host, job.owner, job.repo).owner == owner


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("github.com", "psf/inner"),
        ("github.com", "p_s"),
        ("github.com", "a" * 40),
        ("gitlab.com", "group/../inner"),
        ("gitlab.com", "group/"),
        ("gitlab.com", "a" * 256),
    ],
)
def test_a_job_says_that_its_host_has_no_such_owner(host: str, owner: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"- at `\$\.owner`$"):
        msgspec.convert({"host": host, "owner": owner, "repo": "requests"}, Analyze)
