"""One request and its answer, from servers that mean well and from others."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from fleet.config import Secret
from fleet.errors import ConfigError, ServerUnavailable
from fleet.http import Http, HttpLimits, open_http
from tests.analysis.git.api import ApiAnswer
from tests.analysis.git.hosting import FakeHost

URL = "https://api.github.com/repos/psf/requests"
SOON = timedelta(seconds=0.4)


@pytest.fixture
async def hasty(host: FakeHost) -> AsyncIterator[Http]:
    """A client that gives a server half of no time."""
    network = host.network
    limits = HttpLimits(connect=SOON, read=SOON, total=2 * SOON)
    async with open_http(certificates=network.certificates, proxy=network.proxy, limits=limits) as http:
        yield http


async def test_an_answer_is_returned_whatever_its_status(http: Http, host: FakeHost) -> None:
    host.api = lambda _: ApiAnswer(418, {"X-Kind": "teapot"}, b"short and stout")

    answer = await http.get(URL)

    assert (answer.status, answer.headers["x-kind"], answer.body) == (418, "teapot", b"short and stout")


async def test_a_redirect_is_an_answer_and_is_not_followed(http: Http, host: FakeHost) -> None:
    host.api = lambda _: ApiAnswer(302, {"Location": "https://evil.example/"})

    answer = await http.get(URL, token=Secret("good"))

    assert (answer.status, answer.headers["location"]) == (302, "https://evil.example/")
    assert [request.host for request in host.api_requests] == ["api.github.com"]
    assert host.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        ApiAnswer(silent_after=-1),
        ApiAnswer(body=b"x" * 100, silent_after=10),
        ApiAnswer(body=b"x" * 100, pause=0.1),
    ],
    ids=["silent before the headers", "silent in the body", "a byte at a time"],
)
async def test_a_server_that_takes_too_long_is_left(hasty: Http, host: FakeHost, answer: ApiAnswer) -> None:
    host.api = lambda _: answer
    begun = monotonic()

    with pytest.raises(ServerUnavailable):
        await hasty.get(URL)

    assert monotonic() - begun < 5


async def test_a_body_that_is_too_long_is_not_read_to_its_end(http: Http, host: FakeHost) -> None:
    host.api = lambda _: ApiAnswer(body=b"x" * 5_000_000)

    with pytest.raises(ServerUnavailable, match="longer than it may be"):
        await http.get(URL)


async def test_what_comes_packed_is_not_unpacked(http: Http, host: FakeHost) -> None:
    host.api = lambda _: ApiAnswer(200, {"Content-Encoding": "gzip"}, b"\x1f\x8bpacked")

    assert (await http.get(URL)).body == b"\x1f\x8bpacked"


async def test_a_server_with_the_certificate_of_another_host_is_not_spoken_to(http: Http, host: FakeHost) -> None:
    with pytest.raises(ServerUnavailable, match="ConnectError"):
        await http.get("https://other.example/api/v3/repos/psf/requests", token=Secret("good"))

    assert host.api_requests == []


async def test_only_the_authorities_that_were_given_are_trusted(host: FakeHost) -> None:
    async with open_http(proxy=host.network.proxy) as http:
        with pytest.raises(ServerUnavailable, match="ConnectError"):
            await http.get(URL)

    assert host.api_requests == []


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with open_http(proxy="http://127.0.0.1:1") as http:
        with pytest.raises(ServerUnavailable):
            await http.get(URL)


async def test_an_error_repeats_nothing_of_a_token(http: Http) -> None:
    # The client's own complaint about such a header would quote it.
    with pytest.raises(ServerUnavailable) as caught:
        await http.get(URL, token=Secret("ghp_secret\nX-Injected: 1"))

    assert "secret" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("content", [None, "", "no certificate"])
async def test_certificates_that_cannot_be_read_are_a_mistake_in_the_settings(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "authorities.pem").write_text(content)

    with pytest.raises(ConfigError):
        async with open_http(certificates=tmp_path / "authorities.pem"):
            pass
