"""Who a repository is by GitHub's API, and what is made of an API that misbehaves."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet.analysis.hosts.ask import Asking
from fleet.analysis.hosts.github import GitHub
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.hosts.patience import LONGEST, USUAL
from fleet.analysis.hosts.remembered import Remembered
from fleet.analysis.repository import RepositoryAddress
from fleet.config import Secret
from fleet.errors import RepositoryRefused, RepositoryUnavailable, Snooze, TokenUnusable
from fleet.http import Http, HttpLimits
from tests.analysis.git.api import (
    ApiAnswer,
    ApiRequest,
    FakeApi,
    Listed,
    github_repository,
    moved,
    refusal,
)
from tests.analysis.git.hosting import FakeHost
from tests.analysis.hosts.conftest import NOW

ASKED = RepositoryAddress("github.com", "psf", "requests")
GOOD = Secret("good")
ANSWER = json.dumps(github_repository(Listed(7, "psf", "requests"))).encode()


def without(*path: str) -> bytes:
    """Return the good answer without one field."""
    whole = json.loads(ANSWER)
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return json.dumps(whole).encode()


def at(owner: str, name: str) -> RepositoryAddress:
    return RepositoryAddress("github.com", owner, name)


async def test_a_public_repository_is_known_by_its_number(github: Asking, api: FakeApi) -> None:
    api.list(Listed(7, "psf", "requests"))

    assert await github.identify(ASKED, None) == Identity("7", ASKED, private=False)


async def test_the_address_is_spelled_as_the_host_spells_it(github: Asking, api: FakeApi) -> None:
    api.list(Listed(7, "PSF", "Requests"))

    assert (await github.identify(ASKED, None)).address == at("PSF", "Requests")


async def test_a_private_repository_is_found_with_a_token(github: Asking, api: FakeApi, host: FakeHost) -> None:
    api.list(Listed(7, "psf", "requests", private=True))

    assert (await github.identify(ASKED, GOOD)).private
    assert [request.authorization for request in host.api_requests] == ["Bearer good"]


@pytest.mark.parametrize("token", [None, GOOD])
async def test_a_repository_that_is_gone_is_refused(github: Asking, api: FakeApi, token: Secret | None) -> None:
    assert api.repositories == {}

    with pytest.raises(RepositoryRefused):
        await github.identify(ASKED, token)


async def test_a_private_repository_is_refused_without_a_token(github: Asking, api: FakeApi) -> None:
    api.list(Listed(7, "psf", "requests", private=True))

    with pytest.raises(RepositoryRefused):
        await github.identify(ASKED, None)


async def test_a_renamed_repository_is_found_by_its_former_name(github: Asking, api: FakeApi, host: FakeHost) -> None:
    api.list(Listed(7, "psf", "requests", private=True))
    api.list(Listed(7, "python", "asks", private=True))

    assert (await github.identify(ASKED, GOOD)) == Identity("7", at("python", "asks"), private=True)
    assert [request.path for request in host.api_requests] == ["/repos/psf/requests", "/repositories/7"]


async def test_who_takes_a_former_name_is_somebody_else(github: Asking, api: FakeApi) -> None:
    api.list(Listed(7, "psf", "requests"))
    api.list(Listed(7, "python", "asks"))
    api.list(Listed(8, "psf", "requests"))

    assert (await github.identify(ASKED, None)).external_id == "8"


async def test_a_repository_that_moved_to_an_address_nobody_may_ask_for_is_refused(
    github: Asking, api: FakeApi
) -> None:
    api.list(Listed(7, "psf", "requests"))
    api.list(Listed(7, "psf", "re quests"))

    with pytest.raises(RepositoryRefused, match="an address that is not accepted"):
        await github.identify(ASKED, None)


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/repositories/7",
        "http://api.github.com/repositories/7",
        "https://api.github.com:444/repositories/7",
        "https://api.github.com@evil.example/repositories/7",
        "//evil.example/repositories/7",
        "",
    ],
)
async def test_a_redirect_is_followed_on_the_same_host_only(github: Asking, host: FakeHost, location: str) -> None:
    host.api = lambda _: moved(location)

    with pytest.raises(RepositoryUnavailable):
        await github.identify(ASKED, GOOD)

    assert {request.host for request in host.api_requests} == {"api.github.com"}
    assert host.requests == []


async def test_redirects_without_end_are_left(github: Asking, host: FakeHost) -> None:
    host.api = lambda _: moved("https://api.github.com/repositories/7")

    with pytest.raises(RepositoryUnavailable, match="without end"):
        await github.identify(ASKED, None)

    assert len(host.api_requests) == 4


async def test_a_token_that_the_host_does_not_take_does_not_hide_a_public_repository(
    github: Asking, api: FakeApi, host: FakeHost
) -> None:
    api.list(Listed(7, "psf", "requests"))

    assert not (await github.identify(ASKED, Secret("expired"))).private
    assert [request.authorization for request in host.api_requests] == ["Bearer expired", None]


async def test_a_token_that_the_host_does_not_take_opens_no_private_repository(github: Asking, api: FakeApi) -> None:
    api.list(Listed(7, "psf", "requests", private=True))

    with pytest.raises(RepositoryRefused):
        await github.identify(ASKED, Secret("expired"))


@pytest.mark.parametrize("token", ["", "two lines\nX-Evil: 1", "ümlaut", " good", "\ud800"])
async def test_a_token_that_cannot_stand_in_a_header_is_not_sent(
    github: Asking, api: FakeApi, host: FakeHost, token: str
) -> None:
    api.list(Listed(7, "psf", "requests"))

    with pytest.raises(TokenUnusable) as caught:
        await github.identify(ASKED, Secret(token))

    assert not token or token not in str(caught.value)
    assert host.api_requests == []


@pytest.mark.parametrize("status", [400, 406, 418, 500, 502, 503, 504, 304, 204, 300])
async def test_a_status_that_says_nothing_about_the_repository_may_pass(
    github: Asking, host: FakeHost, status: int
) -> None:
    host.api = lambda _: ApiAnswer(status, {}, b"" if status in {204, 304} else b'{"message":"oops"}')

    with pytest.raises(RepositoryUnavailable):
        await github.identify(ASKED, GOOD)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
async def test_a_refusal_that_is_not_the_apis_own_may_pass(github: Asking, host: FakeHost, status: int) -> None:
    host.api = lambda _: ApiAnswer(status, {}, b"<html>Access to this site is blocked.</html>")

    with pytest.raises(RepositoryUnavailable):
        await github.identify(ASKED, None)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
async def test_a_refusal_of_the_api_is_final(github: Asking, host: FakeHost, status: int) -> None:
    host.api = lambda _: refusal(status, "No")

    with pytest.raises(RepositoryRefused):
        await github.identify(ASKED, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"<html></html>",
        b'{"message":"all is well"}',
        without("id"),
        without("private"),
        without("name"),
        without("owner", "login"),
        ANSWER.replace(b'"private": false', b'"private": null'),
        ANSWER.replace(b'"id": 7', b'"id": "7"'),
        ANSWER.replace(b'"private": false', b'"private": true'),
        b"\xff\xfe",
    ],
    ids=range(13),
)
async def test_a_good_answer_that_says_nothing_is_neither_public_nor_private(
    github: Asking, host: FakeHost, body: bytes
) -> None:
    host.api = lambda _: ApiAnswer(200, {}, body)

    with pytest.raises(RepositoryUnavailable, match="makes no sense"):
        await github.identify(ASKED, None)


@pytest.mark.parametrize(
    "answer",
    [ApiAnswer(silent_after=-1), ApiAnswer(body=ANSWER, silent_after=20), ApiAnswer(body=ANSWER, pause=0.05)],
    ids=["before the headers", "in the body", "a byte at a time"],
)
@pytest.mark.parametrize(
    "http_limits", [HttpLimits(read=timedelta(seconds=0.4), total=timedelta(seconds=0.8))], ids=["hasty"]
)
async def test_an_api_that_hangs_may_pass(github: Asking, host: FakeHost, answer: ApiAnswer) -> None:
    host.api = lambda _: answer

    with pytest.raises(RepositoryUnavailable, match="does not say who the repository is"):
        await github.identify(ASKED, None)


async def test_an_answer_without_end_may_pass(github: Asking, host: FakeHost) -> None:
    host.api = lambda _: ApiAnswer(200, {}, b" " * 100_000 + ANSWER)

    with pytest.raises(RepositoryUnavailable, match="longer than it may be"):
        await github.identify(ASKED, None)


async def test_an_api_with_the_certificate_of_another_host_may_pass(http: Http, host: FakeHost) -> None:
    elsewhere = Asking(http, GitHub("git.example.org"), remembered=Remembered())

    with pytest.raises(RepositoryUnavailable):
        await elsewhere.identify(RepositoryAddress("git.example.org", "psf", "requests"), GOOD)

    assert host.api_requests == []


def test_an_enterprise_server_has_its_api_beside_its_pages() -> None:
    address = RepositoryAddress("git.example.org", "psf", "requests")

    assert GitHub("git.example.org").url(address) == "https://git.example.org/api/v3/repos/psf/requests"


RESET = str(int(NOW.timestamp()) + 600)


@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}, timedelta(minutes=10)),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}, timedelta(minutes=10)),
        (403, {"Retry-After": "30"}, timedelta(seconds=30)),
        (403, {"Retry-After": "30", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}, timedelta(seconds=30)),
        (429, {}, USUAL),
        (429, {"Retry-After": "soon"}, USUAL),
        (403, {"X-RateLimit-Remaining": "0"}, USUAL),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, timedelta(seconds=1)),
        (429, {"Retry-After": "0"}, timedelta(seconds=1)),
        (429, {"Retry-After": "86400"}, LONGEST),
        (429, {"Retry-After": "9" * 18}, LONGEST),
        (429, {"Retry-After": "9" * 5_000}, USUAL),
        (429, {"Retry-After": "-5"}, USUAL),
        (429, {"Retry-After": "Sun, 01 Mar 2026 12:05:00 GMT"}, timedelta(minutes=5)),
        (429, {"Retry-After": "Sun, 01 Mar 2026 12:05:00"}, timedelta(minutes=5)),
        (429, {"Retry-After": "Sun, 01 Mar 9999 12:05:00 GMT"}, LONGEST),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 18}, LONGEST),
    ],
)
async def test_a_rate_limit_puts_the_job_off_within_bounds(
    github: Asking, host: FakeHost, status: int, headers: dict[str, str], after: timedelta
) -> None:
    host.api = lambda _: refusal(status, "API rate limit exceeded", headers)

    with pytest.raises(Snooze) as caught:
        await github.identify(ASKED, None)

    assert caught.value.after == after


async def test_a_rate_limit_of_a_token_is_not_gone_round_by_asking_without_it(github: Asking, host: FakeHost) -> None:
    host.api = lambda _: refusal(403, "API rate limit exceeded", {"X-RateLimit-Remaining": "0"})

    with pytest.raises(Snooze):
        await github.identify(ASKED, GOOD)

    assert len(host.api_requests) == 1


async def test_a_host_that_asked_for_patience_is_left_alone_until_then_by_whoever_it_asked(
    http: Http, api: FakeApi, host: FakeHost
) -> None:
    time = [NOW]
    api.list(Listed(7, "psf", "requests"))
    asking = Asking(http, GitHub("github.com"), remembered=Remembered(), now=lambda: time[0], random=lambda: 0.0)
    host.api = lambda _: refusal(429, "Too Many Requests", {"Retry-After": "30"})
    with pytest.raises(Snooze):
        await asking.identify(ASKED, None)
    host.api = api

    time[0] = NOW + timedelta(seconds=20)
    with pytest.raises(Snooze) as caught:
        await asking.identify(at("pallets", "flask"), None)
    with_token = await asking.identify(ASKED, GOOD)
    time[0] = NOW + timedelta(seconds=30)
    later = await asking.identify(ASKED, None)

    assert caught.value.after == timedelta(seconds=10)
    assert with_token == later
    assert [request.authorization for request in host.api_requests] == [None, "Bearer good", None]


async def test_a_repository_that_has_not_changed_costs_no_rate(github: Asking, api: FakeApi, host: FakeHost) -> None:
    api.list(Listed(7, "psf", "requests"))

    first = await github.identify(ASKED, GOOD)
    second = await github.identify(ASKED, GOOD)

    assert first == second
    assert [request.etag is None for request in host.api_requests] == [True, False]


async def test_a_change_is_seen_in_spite_of_what_is_remembered(github: Asking, api: FakeApi) -> None:
    api.list(Listed(7, "psf", "requests"))
    await github.identify(ASKED, GOOD)
    api.list(Listed(7, "psf", "requests", private=True))

    assert (await github.identify(ASKED, GOOD)).private


async def test_what_one_token_was_told_is_not_told_to_another(github: Asking, api: FakeApi, host: FakeHost) -> None:
    api.tokens = frozenset({"good", "other"})
    api.list(Listed(7, "psf", "requests", private=True))
    await github.identify(ASKED, GOOD)

    await github.identify(ASKED, Secret("other"))
    with pytest.raises(RepositoryRefused):
        await github.identify(ASKED, None)

    assert [request.etag for request in host.api_requests] == [None, None, None]


async def test_as_before_from_a_host_that_was_not_asked_so_may_pass(
    github: Asking, answers: Callable[..., None]
) -> None:
    answers(ApiAnswer(200, {}, ANSWER), ApiAnswer(304))
    await github.identify(ASKED, None)

    with pytest.raises(RepositoryUnavailable):
        await github.identify(ASKED, None)


@pytest.fixture
def answers(host: FakeHost) -> Callable[..., None]:
    """Make the host give these answers, one after the other."""

    def answers(*given: ApiAnswer) -> None:
        waiting = list(given)

        def answer(_: ApiRequest) -> ApiAnswer:
            return waiting.pop(0)

        host.api = answer

    return answers


async def test_no_more_is_remembered_than_may_be(http: Http, api: FakeApi, host: FakeHost) -> None:
    forgetful = Asking(http, GitHub("github.com"), remembered=Remembered(most=1))
    for number, name in enumerate("ab"):
        api.list(Listed(number, "psf", name))

    for name in "aba":
        await forgetful.identify(at("psf", name), None)

    assert [request.etag for request in host.api_requests] == [None, None, None]


async def test_a_tag_that_is_too_long_is_not_kept(github: Asking, host: FakeHost) -> None:
    host.api = lambda _: ApiAnswer(200, {"ETag": f'"{"x" * 5_000}"'}, ANSWER)

    await github.identify(ASKED, None)
    await github.identify(ASKED, None)

    assert [request.etag for request in host.api_requests] == [None, None]
