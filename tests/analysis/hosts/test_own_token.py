"""The fleet's own token: for what anybody may know, and for nothing else."""

from datetime import timedelta

import pytest
import structlog

from fleet.analysis.hosts.ask import Asking
from fleet.analysis.hosts.github import GitHub
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.hosts.patience import LONGEST, SPREAD
from fleet.analysis.hosts.remembered import Remembered
from fleet.analysis.repository import RepositoryAddress
from fleet.config import Secret
from fleet.errors import RepositoryRefused, RepositoryUnavailable, Snooze
from fleet.http import Http
from tests.analysis.git.api import FakeApi, Listed, moved, refusal
from tests.analysis.git.hosting import FakeHost
from tests.analysis.hosts.conftest import NOW

ASKED = RepositoryAddress("github.com", "psf", "requests")
OWN = "own"


@pytest.fixture
def asking(http: Http, api: FakeApi) -> Asking:
    api.tokens = frozenset({"good", OWN})
    return Asking(
        http, GitHub("github.com"), remembered=Remembered(), own=Secret(OWN), now=lambda: NOW, random=lambda: 0.5
    )


def shown(host: FakeHost) -> list[str | None]:
    return [request.authorization for request in host.api_requests]


async def test_it_asks_where_there_is_no_users_token(asking: Asking, api: FakeApi, host: FakeHost) -> None:
    api.list(Listed(7, "psf", "requests"))

    assert await asking.identify(ASKED, None) == Identity("7", ASKED, private=False)
    assert shown(host) == ["Bearer own"]


async def test_a_user_asks_with_a_token_of_their_own(asking: Asking, api: FakeApi, host: FakeHost) -> None:
    api.list(Listed(7, "psf", "requests", private=True))

    assert (await asking.identify(ASKED, Secret("good"))).private
    assert shown(host) == ["Bearer good"]


@pytest.mark.parametrize("token", [None, Secret("bad")])
async def test_what_only_the_fleet_is_shown_is_refused_as_if_it_was_not_there(
    asking: Asking, api: FakeApi, token: Secret | None
) -> None:
    api.list(Listed(7, "psf", "requests", private=True))

    with pytest.raises(RepositoryRefused) as refused:
        await asking.identify(ASKED, token)
    with pytest.raises(RepositoryRefused) as missing:
        await asking.identify(RepositoryAddress("github.com", "psf", "nothing"), token)

    assert str(refused.value) == str(missing.value)


async def test_one_that_is_not_taken_any_more_costs_nobody_an_answer_and_is_told_of(
    asking: Asking, api: FakeApi, host: FakeHost
) -> None:
    api.tokens = frozenset()
    api.list(Listed(7, "psf", "requests"))

    with structlog.testing.capture_logs() as logs:
        identity = await asking.identify(ASKED, None)

    assert identity.external_id == "7"
    assert shown(host) == ["Bearer own", None]
    assert [(line["event"], line["host"]) for line in logs] == [("api.token_refused", "api.github.com")]
    assert OWN not in str(logs)


async def test_it_does_not_follow_to_another_host(asking: Asking, host: FakeHost) -> None:
    host.api = lambda _: moved("https://evil.example/repositories/7")

    with pytest.raises(RepositoryUnavailable):
        await asking.identify(ASKED, None)

    assert {request.host for request in host.api_requests} == {"api.github.com"}
    assert host.requests == []


async def test_a_rate_limit_is_not_gone_round_by_asking_without_it(asking: Asking, host: FakeHost) -> None:
    host.api = lambda _: refusal(403, "API rate limit exceeded", {"retry-after": "100"})

    for _ in range(2):
        with pytest.raises(Snooze):
            await asking.identify(ASKED, None)

    assert shown(host) == ["Bearer own"]


@pytest.mark.parametrize(
    ("asks", "waits"),
    [
        ("10", timedelta(seconds=15)),
        ("100", timedelta(seconds=100) + SPREAD / 2),
        ("99999", LONGEST + SPREAD / 2),
    ],
)
async def test_those_who_wait_for_the_same_moment_are_spread_after_it(
    asking: Asking, host: FakeHost, asks: str, waits: timedelta
) -> None:
    host.api = lambda _: refusal(429, "Too Many Requests", {"retry-after": asks})

    with pytest.raises(Snooze) as snoozed:
        await asking.identify(ASKED, None)

    assert snoozed.value.after == waits
