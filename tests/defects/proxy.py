"""A proxy between a worker and PostgreSQL, which holds back what passes until a test lets it go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import anyio
from anyio.abc import ByteStream, SocketAttribute

from fleet.config import DatabaseUrl
from fleet.testing.unix import connect_unix


class Way:
    """One direction through the proxy."""

    def __init__(self) -> None:
        self.passed = b""
        self.held = b""
        self._open = anyio.Event()
        self._open.set()

    def hold(self) -> None:
        self._open = anyio.Event()

    def let_go(self) -> None:
        self._open.set()

    async def pump(self, source: ByteStream, target: ByteStream) -> None:
        async for piece in source:
            if not self._open.is_set():
                self.held += piece
                await self._open.wait()
            self.passed += piece
            await target.send(piece)


class Proxy:
    """*requests* go to PostgreSQL, *answers* come from it; for all connections alike."""

    def __init__(self, server: DatabaseUrl, port: int) -> None:
        self.requests = Way()
        self.answers = Way()
        self._server = urlsplit(server.reveal())
        self._port = port

    @property
    def url(self) -> DatabaseUrl:
        user = self._server.username or "postgres"
        return DatabaseUrl(
            self._server._replace(netloc=f"{user}@127.0.0.1:{self._port}", query="sslmode=disable").geturl()
        )

    async def serve(self, client: ByteStream) -> None:
        async with client, await self._connect() as server, anyio.create_task_group() as pumps:

            async def pump(way: Way, source: ByteStream, target: ByteStream) -> None:
                # When one end is gone, the connection is.
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    await way.pump(source, target)
                pumps.cancel_scope.cancel()

            pumps.start_soon(pump, self.requests, client, server)
            pumps.start_soon(pump, self.answers, server, client)

    async def _connect(self) -> ByteStream:
        folder = parse_qs(self._server.query).get("host")
        if folder:
            return await connect_unix(f"{folder[0]}/.s.PGSQL.5432")
        return await anyio.connect_tcp(self._server.hostname or "127.0.0.1", self._server.port or 5432)


@asynccontextmanager
async def open_proxy(server: DatabaseUrl) -> AsyncIterator[Proxy]:
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0) as listener,
        anyio.create_task_group() as tasks,
    ):
        proxy = Proxy(server, listener.extra(SocketAttribute.local_port))
        tasks.start_soon(listener.serve, proxy.serve)
        try:
            yield proxy
        finally:
            tasks.cancel_scope.cancel()
