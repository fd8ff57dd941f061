"""One request with a body, and its answer."""

from collections.abc import AsyncIterator

import anyio
import pytest
from anyio.abc import SocketStream

from fleet.config import Secret
from fleet.errors import ServerUnavailable, ServerUnreachable
from fleet.http import Http, open_http
from tests.specgen.provider import Asked, FakeProvider, Reply, open_provider

BODY = b'{"response_format": {"json_schema": {"name": "any"}}}'


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with open_http() as http:
        yield http


async def test_a_body_is_sent_and_the_answer_returned_whatever_its_status(http: Http, provider: FakeProvider) -> None:
    provider.script = lambda _: Reply(status=418, headers={"x-kind": "teapot"}, body=b"short and stout")

    answer = await http.post(provider.url, BODY, token=Secret("good"))

    assert (answer.status, answer.headers["x-kind"], answer.body) == (418, "teapot", b"short and stout")
    assert provider.log[0].task == "any"
    assert provider.log[0].headers["authorization"] == "Bearer good"


async def test_a_redirect_takes_the_body_and_the_key_nowhere_else(http: Http, provider: FakeProvider) -> None:
    async with open_provider() as elsewhere:
        provider.script = lambda _: Reply(status=307, headers={"location": elsewhere.url})

        answer = await http.post(provider.url, BODY, token=Secret("good"))

        assert answer.status == 307
        assert elsewhere.log == []


async def test_a_server_that_is_not_there_saw_nothing_of_the_request(http: Http) -> None:
    async with open_provider() as gone:
        pass

    with pytest.raises(ServerUnreachable):
        await http.post(gone.url, BODY)


async def test_a_server_that_hangs_up_may_have_seen_it(http: Http) -> None:
    async def hang_up(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, hang_up)
        with pytest.raises(ServerUnavailable) as caught:
            await http.post(f"http://127.0.0.1:{port}/", BODY)
        serving.cancel_scope.cancel()

    assert not isinstance(caught.value, ServerUnreachable)


async def test_no_request_waits_for_others_to_end(http: Http, provider: FakeProvider) -> None:
    all_there = anyio.Event()

    async def together(_: Asked) -> Reply:
        if len(provider.log) == 150:
            all_there.set()
        await all_there.wait()
        return Reply()

    provider.script = together

    with anyio.fail_after(20):
        async with anyio.create_task_group() as asking:
            for _ in range(150):
                asking.start_soon(http.post, provider.url, BODY)
