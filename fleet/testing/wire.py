"""As much of PostgreSQL's protocol as says whose a connection is.

The message formats are those of the manual's chapter "Frontend/Backend Protocol".
"""

import struct

import anyio
import msgspec
from anyio.abc import ByteStream
from anyio.streams.buffered import BufferedByteReceiveStream

STARTUP = 3 << 16
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_KEY_DATA = b"K"
_HEADER = struct.Struct("!ci")


class Opening(msgspec.Struct, frozen=True):
    """The first message of a client, and, if it begins a session, under which application's name."""

    message: bytes
    application: str | None


async def read_opening(client: ByteStream) -> Opening:
    """Read the first message; raises anyio.EndOfStream or anyio.IncompleteRead when there is none."""
    # Nothing follows it before the server answers, so nothing is lost in the buffer.
    stream = BufferedByteReceiveStream(client)
    head = await stream.receive_exactly(8)
    length, code = struct.unpack("!ii", head)
    body = await stream.receive_exactly(length - 8)
    if code != STARTUP:
        return Opening(head + body, None)
    words = body.split(b"\0")
    named = dict(zip(words[::2], words[1::2], strict=False))
    return Opening(head + body, named.get(b"application_name", b"").decode(errors="replace"))


class KeyData:
    """Finds, in what a server says first, the number of the process that serves the session."""

    def __init__(self) -> None:
        self.backend: int | None = None
        self._unread = b""

    def read(self, data: bytes) -> None:
        if self.backend is not None:
            return
        self._unread += data
        while len(self._unread) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._unread)
            if len(self._unread) < length + 1:
                return
            if kind == _KEY_DATA:
                (self.backend,) = struct.unpack_from("!i", self._unread, _HEADER.size)
                self._unread = b""
                return
            self._unread = self._unread[length + 1 :]


async def round_trip(port: int) -> float:
    """Return how many seconds a server, behind whatever answers at *port*, takes for its shortest answer."""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        asked = anyio.current_time()
        await stream.send(SSL_REQUEST)
        await stream.receive(1)
        return anyio.current_time() - asked
