"""Which hosts are asked, and how."""

import re

import pytest

from fleet.analysis.hosts.apis import ApiTokens, asking
from fleet.analysis.hosts.written import PATTERN
from fleet.analysis.repository import RepositoryAddress
from fleet.http import Http
from tests.analysis.git.api import FakeApi, Listed
from tests.analysis.git.hosting import FakeHost


async def test_hosts_that_are_analysed_are_asked_by_the_api_their_name_tells(http: Http) -> None:
    assert set(asking(http, ["github.com", "git.example.org"])) == {"github.com"}
    assert set(asking(http, ["github.com", "gitlab.com"])) == {"github.com", "gitlab.com"}


async def test_a_host_can_be_given_an_api_and_another_can_lose_its_own(http: Http) -> None:
    hosts = ["github.com", "gitlab.com", "git.example.org"]

    assert set(asking(http, hosts, apis="git.example.org=gitlab,github.com=none")) == {"gitlab.com", "git.example.org"}


async def test_each_host_is_asked_in_its_own_way(http: Http, api: FakeApi, host: FakeHost) -> None:
    api.list(Listed(7, "psf", "requests"))

    for name, asks in asking(http, ["github.com", "gitlab.com"]).items():
        await asks.identify(RepositoryAddress(name, "psf", "requests"), None)

    assert [(request.host, request.path) for request in host.api_requests] == [
        ("api.github.com", "/repos/psf/requests"),
        ("gitlab.com", "/api/v4/projects/psf%2Frequests"),
    ]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("github.com=none", True),
        ("git.example.org=gitlab,ghe.example.org=github", True),
        ("github.com", False),
        ("github.com=bitbucket", False),
        ("github.com=none,", False),
        ("github.com=github=gitlab", False),
    ],
)
def test_what_people_write_names_a_host_and_its_api(text: str, good: bool) -> None:
    assert bool(re.search(PATTERN, text)) == good


@pytest.mark.parametrize(
    "text",
    ["github.com", "github.com=", "=a", "github.com=a,", "github.com=a b", "github.com=a,github.com=b", "a=b\n", "a=ü"],
)
def test_tokens_without_a_host_or_that_cannot_be_sent_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be host=token"):
        ApiTokens.parse(text)


async def test_each_host_is_shown_the_fleets_token_for_it_and_no_other(
    http: Http, api: FakeApi, host: FakeHost
) -> None:
    api.tokens = frozenset({"one", "t=wo"})
    api.list(Listed(7, "psf", "requests"))
    tokens = ApiTokens.parse("github.com=one,gitlab.com=t=wo,git.example.org=three")

    for name, asks in asking(http, ["github.com", "gitlab.com"], tokens=tokens).items():
        await asks.identify(RepositoryAddress(name, "psf", "requests"), None)

    assert [(request.host, request.authorization) for request in host.api_requests] == [
        ("api.github.com", "Bearer one"),
        ("gitlab.com", "Bearer t=wo"),
    ]
