"""What is logged shows no secret, and what strangers write makes no line of its own."""

import io
import json
import logging
from collections.abc import Callable

import pytest
import structlog

from fleet import log
from fleet.config import Secret
from fleet.errors import ServerUnavailable
from fleet.http import Http
from tests.analysis.git.api import ApiAnswer
from tests.analysis.git.git_fixtures import authority, host
from tests.analysis.git.hosting import FakeHost
from tests.analysis.hosts.conftest import http, http_limits

__all__ = ["authority", "host", "http", "http_limits"]

TOKEN = "ghp_0123456789abcdef"  # nobody's
URL = "https://api.github.com/repos/psf/requests"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def logged(stream: Callable[..., io.TextIOWrapper], write: Callable[[], None]) -> bytes:
    """Return what *write* logs, on the platform or on a terminal."""
    buffer = io.BytesIO()
    to = stream(buffer, encoding="utf-8")
    log.configure(service="analyzer", level="debug", stream=to)
    try:
        write()
    finally:
        structlog.reset_defaults()
    to.flush()
    return buffer.getvalue()


def fail(token: str) -> None:
    known = {"authorization": f"Bearer {token}"}
    if known:
        raise ValueError("the host does not answer")


@pytest.mark.parametrize("stream", [io.TextIOWrapper, Terminal], ids=["platform", "terminal"])
def test_an_exception_is_logged_without_what_its_frames_hold(stream: Callable[..., io.TextIOWrapper]) -> None:
    def write() -> None:
        token = TOKEN
        try:
            fail(token)
        except ValueError:
            log.get_logger().exception("job.failed")

    said = logged(stream, write)

    assert b"the host does not answer" in said
    assert b"in fail" in said or b'"name":"fail"' in said
    assert TOKEN.encode() not in said


@pytest.mark.parametrize("stream", [io.TextIOWrapper, Terminal], ids=["platform", "terminal"])
def test_a_secret_is_logged_as_stars(stream: Callable[..., io.TextIOWrapper]) -> None:
    said = logged(stream, lambda: log.get_logger().info("started", key=Secret(TOKEN), keys=[Secret(TOKEN)]))

    assert b"***" in said
    assert TOKEN.encode() not in said


@pytest.mark.parametrize("stream", [io.TextIOWrapper, Terminal], ids=["platform", "terminal"])
@pytest.mark.parametrize("name", ['a\n{"message":"forged"}', "a\r\nforged", "\x1b[2Jforged", "\x9b2J", "\x07\x08"])
def test_a_name_makes_no_line_of_its_own_and_moves_no_cursor(
    stream: Callable[..., io.TextIOWrapper], name: str
) -> None:
    plain = logged(stream, lambda: log.get_logger().info("file.unreadable", path="a"))

    said = logged(stream, lambda: log.get_logger().info("file.unreadable", path=name))

    assert said.count(b"\n") == plain.count(b"\n") == 1
    if stream is io.TextIOWrapper:
        assert json.loads(said)["path"] == name
    controls = {character for character in said.decode() if ord(character) < 32 or 127 <= ord(character) < 160}
    assert controls <= {character for character in plain.decode() if ord(character) < 32}


@pytest.mark.parametrize("status", [200, 401, 500])
async def test_what_a_library_logs_of_a_request_holds_no_token(
    http: Http, host: FakeHost, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    host.api = lambda _: ApiAnswer(status, {}, b"{}")

    with caplog.at_level(logging.DEBUG):
        await http.get(URL, token=Secret(TOKEN))
        await http.post(URL, b"{}", token=Secret(TOKEN))

    assert "HTTP Request" in caplog.text
    assert TOKEN not in caplog.text
    assert [request.authorization for request in host.api_requests][:1] == [f"Bearer {TOKEN}"]


async def test_nor_does_what_it_logs_of_one_that_fails(
    http: Http, host: FakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.api = lambda _: ApiAnswer(silent_after=-1)
    host.released.set()

    with caplog.at_level(logging.DEBUG), pytest.raises(ServerUnavailable):
        await http.get(URL, token=Secret(f"{TOKEN}\n"))

    assert TOKEN not in caplog.text
