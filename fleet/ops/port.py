"""The port on which a process says how it is: a few short answers over HTTP, which nobody can make dear.

Whoever asks slowly, too much or too often gets no answer; the worker beside it goes on. One answer, then the connection
is closed: whoever asks every few seconds has no use for one that stays.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import cast

import anyio
import h11
import msgspec
from anyio.abc import ByteStream, SocketAttribute, SocketListener, SocketStream, TaskGroup

from fleet.errors import ConfigError

_GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, TimeoutError)

_NOT_FOUND = 404
_NOT_ALLOWED = 405
_BAD_REQUEST = 400


class Answer(msgspec.Struct, frozen=True):
    """What is sent back."""

    status: int
    body: bytes
    kind: str = "text/plain; charset=utf-8"


Asked = Callable[[], Awaitable[Answer]]


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much askers may cost.

    *connections* are open at a time; a further one takes the place of the oldest, whose asker has had the longest.
    *patience* is for a whole exchange; *head* bytes are the most a request may have; *pause* lies between two accepted
    connections, and the rest waits in the system's queue.
    """

    connections: int = 32
    patience: timedelta = timedelta(seconds=5)
    head: int = 8192
    pause: timedelta = timedelta(milliseconds=5)


class Port:
    """Answers at each path of *answers*, over HTTP/1.1."""

    def __init__(self, answers: Mapping[str, Asked], bounds: Bounds) -> None:
        self._answers = answers
        self._bounds = bounds
        # The oldest first.
        self._open: OrderedDict[SocketStream, anyio.CancelScope] = OrderedDict()

    async def serve(self, listener: SocketListener, tasks: TaskGroup) -> None:
        """Accept until cancelled; not by Listener.serve, which would accept as fast as anybody asks."""
        while True:
            try:
                stream = await listener.accept()
            except OSError:
                # Out of file descriptors, most likely, of which the worker needs the next one more than anybody here.
                await anyio.sleep(1)
                continue
            while len(self._open) >= self._bounds.connections:
                _, oldest = self._open.popitem(last=False)
                oldest.cancel()
            scope = self._open[stream] = anyio.CancelScope()
            tasks.start_soon(self._converse, stream, scope)
            await anyio.sleep(self._bounds.pause.total_seconds())

    async def _converse(self, stream: SocketStream, scope: anyio.CancelScope) -> None:
        try:
            with scope, anyio.move_on_after(self._bounds.patience.total_seconds()), suppress(*_GONE):
                await self._answer(stream)
        finally:
            self._open.pop(stream, None)
            with anyio.CancelScope(shield=True), suppress(*_GONE):
                await anyio.aclose_forcefully(stream)

    async def _answer(self, stream: ByteStream) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=self._bounds.head)
        try:
            request = await _read(connection, stream)
            answer = await self._find(request)
        except h11.RemoteProtocolError:
            request, answer = None, Answer(_BAD_REQUEST, b"that is not HTTP/1.1\n")
        headers = [
            ("content-type", answer.kind),
            ("content-length", str(len(answer.body))),
            ("cache-control", "no-store"),
            ("connection", "close"),
        ]
        with suppress(h11.LocalProtocolError):
            head = connection.send(h11.Response(status_code=answer.status, headers=headers)) or b""
            # What answers HEAD has no body, and h11 refuses one.
            body = b"" if request is not None and request.method == b"HEAD" else answer.body
            await stream.send(head + body)
            await stream.send_eof()
            # Closed with something unread, a socket is reset, and the answer may be lost with it.
            await _drain(stream)

    async def _find(self, request: h11.Request) -> Answer:
        asked = self._answers.get(request.target.partition(b"?")[0].decode("ascii", "replace"))
        if asked is None:
            return Answer(_NOT_FOUND, f"ask for {', '.join(self._answers)}\n".encode())
        if request.method not in {b"GET", b"HEAD"}:
            return Answer(_NOT_ALLOWED, b"only GET and HEAD\n")
        return await asked()


async def _read(connection: h11.Connection, stream: ByteStream) -> h11.Request:
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            raise h11.RemoteProtocolError("the request ended before it began")
        try:
            connection.receive_data(await stream.receive(4096))
        except anyio.EndOfStream:
            connection.receive_data(b"")


async def _drain(stream: ByteStream) -> None:
    left = 65536
    while left > 0:
        left -= len(await stream.receive(4096))


@asynccontextmanager
async def open_port(number: int, answers: Mapping[str, Asked], bounds: Bounds = Bounds()) -> AsyncIterator[int]:  # noqa: B008  # frozen
    """Answer on port *number*, of IPv6 and IPv4 alike, until the block is left; yields the number, as 0 finds one.

    Raises ConfigError where the port cannot be had.
    """
    try:
        listeners = await anyio.create_tcp_listener(local_port=number, backlog=128)
    except (OSError, OverflowError) as refusal:
        raise ConfigError([f"port {number} cannot be listened on: {type(refusal).__name__}"]) from None
    async with listeners, anyio.create_task_group() as tasks:
        port = Port(answers, bounds)
        for listener in listeners.listeners:
            tasks.start_soon(port.serve, cast("SocketListener", listener), tasks)
        yield int(listeners.extra(SocketAttribute.local_port))  # noqa: S610  # not of Django
        tasks.cancel_scope.cancel()
