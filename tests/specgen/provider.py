"""A provider of language models on loopback: real sockets, a log of every request, and misbehaviour by script."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
from anyio.abc import SocketAttribute, SocketStream

# So many tokens each answer of the model is said to take, and each question.
TOKENS_IN, TOKENS_OUT = 700, 130
_PIECE = b" " * 65_536


class Asked(msgspec.Struct):
    """One request as it came in; *answered* once the whole answer was sent."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    answered: bool = False

    @property
    def task(self) -> str:
        name: str = self.body["response_format"]["json_schema"]["name"]
        return name

    @property
    def material(self) -> dict[str, Any]:
        material: dict[str, Any] = msgspec.json.decode(self.body["messages"][-1]["content"])
        return material

    @property
    def tests(self) -> dict[int, str]:
        """The names of the tests it is about, by number."""
        return {test["test"]: test["name"] for file in self.material.get("files", []) for test in file["tests"]}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: *hang* says after how many bytes of the body nothing follows (-1: not even the headers)."""

    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""
    hang: int | None = None
    # A byte at a time, with so many seconds between.
    pace: float | None = None
    # So many bytes more are promised and sent.
    padding: int = 0
    # The connection ends after so many bytes of the body.
    cut: int | None = None


Script = Callable[[Asked], Reply | Awaitable[Reply]]


def completion(content: object, *, finish: str | None = "stop", **message: object) -> Reply:
    """A chat completion that says *content*: text as it is, anything else as JSON."""
    text = content if isinstance(content, str) else msgspec.json.encode(content).decode()
    return Reply(
        body=msgspec.json.encode(
            {
                "choices": [{"message": {"content": text, **message}, "finish_reason": finish}],
                "usage": {
                    "prompt_tokens": TOKENS_IN,
                    "completion_tokens": TOKENS_OUT,
                    "total_tokens": TOKENS_IN + TOKENS_OUT,
                },
            }
        )
    )


def failure(status: int, code: str | None = None, **headers: str) -> Reply:
    """An error as the protocol has it; its message repeats a key, as some do."""
    error = {"message": "Incorrect API key provided: sk-secret", "type": code, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=msgspec.json.encode({"error": error}))


def well(asked: Asked) -> Reply:
    """Answer as a good model does: a feature for each file, and a sentence for each test."""
    language = asked.material["language"]
    match asked.task:
        case "classify":
            features = [
                {
                    "domain": f"Domain of {file['path'].split('/')[0]}",
                    "feature": f"Feature of {file['path']}",
                    "tests": [test["test"] for test in file["tests"]],
                }
                for file in asked.material["files"]
            ]
            return completion({"features": features})
        case "describe":
            behaviours = [
                {"test": number, "sentence": f"{language}: {name} holds"} for number, name in asked.tests.items()
            ]
            return completion({"behaviours": behaviours})
    return completion({"overview": f"{language}: what {asked.material['project']} does."})


class FakeProvider:
    """Answers by its *script*, which a test may replace; *log* is what it would charge for, and more."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.script: Script = well
        self.log: list[Asked] = []
        # Bytes of bodies that were sent.
        self.sent = 0

    @property
    def tasks(self) -> list[str]:
        return [asked.task for asked in self.log]

    def asked_about(self, task: str) -> list[str]:
        """The names that were asked about, over all requests of a task."""
        return [name for asked in self.log if asked.task == task for name in asked.tests.values()]

    async def serve(self, stream: SocketStream) -> None:
        async with stream:
            try:
                while await self._serve_one(stream):
                    pass
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
                pass

    async def _serve_one(self, stream: SocketStream) -> bool:
        received = b""
        while b"\r\n\r\n" not in received:
            received += await stream.receive()
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += await stream.receive()
        asked = Asked(first.split(" ")[1], headers, msgspec.json.decode(body))
        self.log.append(asked)
        reply = self.script(asked)
        if not isinstance(reply, Reply):
            reply = await reply
        if reply.hang == -1:
            await anyio.Event().wait()
        await self._send(stream, reply)
        asked.answered = True
        return reply.cut is None

    async def _send(self, stream: SocketStream, reply: Reply) -> None:
        headers = {"content-type": "application/json", "content-length": str(len(reply.body) + reply.padding)}
        lines = [f"HTTP/1.1 {reply.status} So", *(f"{n}: {v}" for n, v in (headers | dict(reply.headers)).items())]
        await stream.send("\r\n".join([*lines, "", ""]).encode())
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        if reply.pace is not None:
            for byte in body:
                await stream.send(bytes([byte]))
                with anyio.move_on_after(reply.pace):
                    await anyio.Event().wait()
            return
        if reply.hang is not None:
            await stream.send(body[: reply.hang])
            await anyio.Event().wait()
        await stream.send(body)
        left = reply.padding
        while left > 0:
            await stream.send(_PIECE[:left])
            self.sent += min(left, len(_PIECE))
            left -= len(_PIECE)


@asynccontextmanager
async def open_provider() -> AsyncIterator[FakeProvider]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    provider = FakeProvider(f"http://127.0.0.1:{port}/v1")
    async with listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, provider.serve)
        yield provider
        serving.cancel_scope.cancel()
