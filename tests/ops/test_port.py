"""The port, asked well and badly over real sockets."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic

import anyio
import pytest

from fleet.errors import ConfigError
from fleet.ops.port import Answer, Bounds, open_port

GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError)
QUICK = Bounds(patience=timedelta(seconds=0.5), connections=8, pause=timedelta(milliseconds=1))


async def well() -> Answer:
    return Answer(200, b"well\n")


@asynccontextmanager
async def opened(answer: Callable[[], Awaitable[Answer]] = well, bounds: Bounds = QUICK) -> AsyncIterator[int]:
    async with open_port(0, {"/livez": answer}, bounds) as number:
        yield number


async def say(port: int, request: bytes, *, host: str = "127.0.0.1") -> bytes:
    """Return all that is answered until the connection is closed."""
    answer = b""
    async with await anyio.connect_tcp(host, port) as stream:
        with suppress(*GONE):
            await stream.send(request)
            while True:
                answer += await stream.receive()
    return answer


def get(path: str = "/livez", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode()


async def test_it_answers_with_a_length_and_closes() -> None:
    async with opened() as port:
        head, _, body = (await say(port, get())).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200")
    assert {b"content-length: 5", b"connection: close", b"cache-control: no-store"} <= set(head.lower().split(b"\r\n"))
    assert body == b"well\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_is_there_for_both_versions_of_the_internet_protocol(host: str) -> None:
    async with opened() as port:
        assert b"well" in await say(port, get(), host=host)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/livez?verbose=1"), 200),
        (get("/"), 404),
        (get("/../etc/passwd"), 404),
        (get("http://elsewhere/livez"), 404),
        (get(method="POST"), 405),
        (get(method="DELETE"), 405),
        (b"POST /livez HTTP/1.1\r\nHost: here\r\nContent-Length: 999999999\r\n\r\n", 405),
        (b"GET /livez HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), 400),
        (b"GET /livez HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 400),
        (b"GET /" + b"a" * 100_000, 400),
    ],
)
async def test_whatever_is_asked_gets_a_status(request_: bytes, status: int) -> None:
    async with opened() as port:
        answer = await say(port, request_)

        assert answer.startswith(f"HTTP/1.1 {status}".encode()), answer[:100]
        assert b"well" in await say(port, get())


async def test_who_asks_for_the_head_gets_no_body() -> None:
    async with opened() as port:
        answer = await say(port, get(method="HEAD"))

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")


async def test_whoever_begins_and_says_no_more_is_hung_up_on() -> None:
    async with opened() as port:
        began = monotonic()
        answer = await say(port, b"GET /livez HT")

    assert answer == b""
    assert 0.4 < monotonic() - began < 8


async def test_a_letter_at_a_time_is_not_waited_for() -> None:
    async with opened() as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        began = monotonic()
        with anyio.fail_after(8), suppress(*GONE):
            while True:
                await stream.send(b"x")
                with anyio.move_on_after(0.05):
                    await stream.receive()

    assert monotonic() - began > 0.4


async def test_whoever_does_not_read_the_answer_is_hung_up_on() -> None:
    async def long() -> Answer:
        return Answer(200, b"x" * 50_000_000)

    async with opened(long) as port:
        began = monotonic()
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(get())
            with anyio.move_on_after(1):
                await anyio.Event().wait()
            received = 0
            with suppress(*GONE):
                while True:
                    received += len(await stream.receive(1 << 20))

    assert received < 50_000_000
    assert monotonic() - began < 5


async def test_a_thousand_open_connections_keep_nobody_from_an_answer() -> None:
    # given: a thousand who say nothing, for far longer than this test takes
    async with opened(bounds=Bounds(patience=timedelta(minutes=5))) as port:
        silent = [socket.socket() for _ in range(1000)]
        for one in silent:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        try:
            # when
            began = monotonic()
            answer = await say(port, get())
            took = monotonic() - began

            # then
            assert b"well" in answer
            assert took < 10
        finally:
            for one in silent:
                one.close()


async def test_the_oldest_of_too_many_gives_its_place_to_the_newest() -> None:
    bounds = Bounds(patience=timedelta(minutes=5), connections=2, pause=timedelta(0))
    async with (
        opened(bounds=bounds) as port,
        await anyio.connect_tcp("127.0.0.1", port) as oldest,
        await anyio.connect_tcp("127.0.0.1", port),
    ):
        assert b"well" in await say(port, get())

        with anyio.fail_after(5), pytest.raises(GONE):
            await oldest.receive()


async def test_an_answer_that_takes_too_long_is_not_waited_for() -> None:
    async def never() -> Answer:
        await anyio.sleep_forever()
        raise AssertionError

    async with opened(never) as port:
        with anyio.fail_after(5):
            assert await say(port, get()) == b""


async def test_a_port_that_is_taken_is_a_setting_that_is_wrong() -> None:
    async with opened() as port:
        with pytest.raises(ConfigError, match=f"port {port} cannot be listened on"):
            async with opened_at(port):
                pass


@asynccontextmanager
async def opened_at(port: int) -> AsyncIterator[None]:
    async with open_port(port, {"/livez": well}):
        yield


async def test_the_paths_there_are_are_told_to_who_asks_for_another_one() -> None:
    async with opened() as port:
        assert b"/livez" in await say(port, get("/healthz"))


async def test_json_is_said_to_be_json() -> None:
    async def answer() -> Answer:
        return Answer(503, json.dumps({"ok": False}).encode(), "application/json")

    async with opened(answer) as port:
        head, _, body = (await say(port, get())).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 503")
    assert b"content-type: application/json" in head
    assert json.loads(body) == {"ok": False}
