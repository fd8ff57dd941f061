"""A unix socket as a stream that may be cancelled at any time.

anyio's own hands uvloop a callback that raises when data arrives in the moment of the cancellation.
"""

import socket

import anyio
from anyio.abc import ByteStream

_PIECE = 65_536


class UnixStream(ByteStream):
    """A connected socket, which this closes."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    async def receive(self, max_bytes: int = _PIECE) -> bytes:
        await anyio.wait_readable(self._socket)
        data = self._socket.recv(max_bytes)
        if not data:
            raise anyio.EndOfStream
        return data

    async def send(self, item: bytes) -> None:
        left = memoryview(item)
        while left:
            await anyio.wait_writable(self._socket)
            left = left[self._socket.send(left) :]

    async def send_eof(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    async def aclose(self) -> None:
        self._socket.close()


async def connect_unix(path: str) -> UnixStream:
    """Connect; a unix socket does so at once, or raises OSError."""
    connecting = socket.socket(socket.AF_UNIX)
    connecting.setblocking(False)
    try:
        connecting.connect(path)
    except OSError:
        connecting.close()
        raise
    return UnixStream(connecting)
