"""Who a repository is by GitLab's API, where it differs from GitHub's."""

import json
from typing import Any

import pytest

from fleet.analysis.hosts.ask import Asking
from fleet.analysis.hosts.gitlab import GitLab
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.hosts.remembered import Remembered
from fleet.analysis.repository import RepositoryAddress
from fleet.config import Secret
from fleet.errors import RepositoryRefused, RepositoryUnavailable, Snooze
from fleet.http import Http
from tests.analysis.git.api import ApiAnswer, FakeApi, Listed, gitlab_project, refusal
from tests.analysis.git.hosting import FakeHost
from tests.analysis.hosts.conftest import NOW

ASKED = RepositoryAddress("gitlab.com", "fdroid", "client")
GOOD = Secret("good")


@pytest.fixture
def gitlab(http: Http) -> Asking:
    return Asking(http, GitLab("gitlab.com"), remembered=Remembered(), now=lambda: NOW, random=lambda: 0.0)


def project(*, anonymous: bool = False, **changes: Any) -> bytes:
    whole = gitlab_project(Listed(7, "fdroid", "client"), anonymous=anonymous) | changes
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


@pytest.mark.parametrize("token", [None, GOOD])
async def test_a_public_project_is_known_by_its_number_and_its_path(
    gitlab: Asking, api: FakeApi, host: FakeHost, token: Secret | None
) -> None:
    api.list(Listed(7, "fdroid", "client"))

    assert await gitlab.identify(ASKED, token) == Identity("7", ASKED, private=False)
    assert host.api_requests[0].path == "/api/v4/projects/fdroid%2Fclient"


@pytest.mark.parametrize(("visibility", "private"), [("public", False), ("internal", True), ("private", True)])
async def test_only_what_anybody_may_read_is_public(
    gitlab: Asking, host: FakeHost, visibility: str, private: bool
) -> None:
    host.api = lambda _: ApiAnswer(200, {}, project(visibility=visibility))

    assert (await gitlab.identify(ASKED, GOOD)).private == private


async def test_a_project_that_does_not_say_how_visible_it_is_is_public_to_nobody_in_particular_only(
    gitlab: Asking, host: FakeHost
) -> None:
    host.api = lambda _: ApiAnswer(200, {}, project(visibility=None))

    assert not (await gitlab.identify(ASKED, None)).private
    with pytest.raises(RepositoryUnavailable):
        await gitlab.identify(ASKED, GOOD)


@pytest.mark.parametrize(
    "changes", [{"id": None}, {"path_with_namespace": None}, {"visibility": "secret"}, {"visibility": "private"}]
)
async def test_an_answer_that_makes_no_sense_may_pass(gitlab: Asking, host: FakeHost, changes: dict[str, Any]) -> None:
    host.api = lambda _: ApiAnswer(200, {}, project(**changes))

    with pytest.raises(RepositoryUnavailable, match="makes no sense"):
        await gitlab.identify(ASKED, None)


async def test_a_renamed_project_is_found_by_its_former_path(gitlab: Asking, api: FakeApi) -> None:
    api.list(Listed(7, "fdroid", "client"))
    api.list(Listed(7, "f-droid", "app"))

    assert (await gitlab.identify(ASKED, None)).address == RepositoryAddress("gitlab.com", "f-droid", "app")


@pytest.mark.parametrize(
    "path", ["client", "/client", "group//client", ".group/client", "group./client", "group.git/client"]
)
async def test_a_project_whose_path_nobody_may_ask_for_is_refused(gitlab: Asking, host: FakeHost, path: str) -> None:
    host.api = lambda _: ApiAnswer(200, {}, project(path_with_namespace=path))

    with pytest.raises(RepositoryRefused, match="an address that is not accepted"):
        await gitlab.identify(ASKED, GOOD)


@pytest.mark.parametrize("owner", ["group/within/group", "of_dots.and_more"])
async def test_a_project_in_a_group_within_groups_is_asked_for_by_all_of_them(
    gitlab: Asking, api: FakeApi, host: FakeHost, owner: str
) -> None:
    api.list(Listed(7, owner, "client"))
    address = RepositoryAddress("gitlab.com", owner, "client")

    assert await gitlab.identify(address, None) == Identity("7", address, private=False)
    assert host.api_requests[0].path == f"/api/v4/projects/{owner.replace('/', '%2F')}%2Fclient"


@pytest.mark.parametrize("token", [None, GOOD])
async def test_a_project_that_is_gone_is_refused(gitlab: Asking, api: FakeApi, token: Secret | None) -> None:
    assert api.repositories == {}

    with pytest.raises(RepositoryRefused):
        await gitlab.identify(ASKED, token)


async def test_a_redirect_out_of_the_api_is_not_followed(gitlab: Asking, host: FakeHost) -> None:
    host.api = lambda _: ApiAnswer(302, {"Location": "https://gitlab.com/users/sign_in"})

    with pytest.raises(RepositoryUnavailable, match="somewhere else"):
        await gitlab.identify(ASKED, GOOD)

    assert len(host.api_requests) == 1
    assert host.requests == []


async def test_a_rate_limit_says_when_it_ends(gitlab: Asking, host: FakeHost) -> None:
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW.timestamp()) + 40)}
    host.api = lambda _: refusal(429, "Too Many Requests", headers)

    with pytest.raises(Snooze) as caught:
        await gitlab.identify(ASKED, None)

    assert caught.value.after.total_seconds() == 40


async def test_a_project_that_has_not_changed_is_asked_for_with_its_tag(
    gitlab: Asking, api: FakeApi, host: FakeHost
) -> None:
    api.list(Listed(7, "fdroid", "client"))

    assert await gitlab.identify(ASKED, None) == await gitlab.identify(ASKED, None)
    assert [request.etag is None for request in host.api_requests] == [True, False]
