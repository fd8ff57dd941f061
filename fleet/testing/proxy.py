"""A way to PostgreSQL that can be cut, darkened and slowed down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio
from anyio.abc import ByteStream, SocketAttribute, TaskStatus

from fleet.config import DatabaseUrl
from fleet.testing.unix import connect_unix
from fleet.testing.wire import KeyData, Opening, read_opening

GONE = (OSError, anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError)
_DEFAULT_PORT = 5432


class Link:
    """One connection through the proxy; *application* is the name it gave, *backend* its process at the server."""

    def __init__(self, application: str | None) -> None:
        self.application = application or ""
        self.dark_to_server = False
        self.dark_to_client = False
        self.ended = anyio.Event()
        self._key_data = KeyData()
        self._scope = anyio.CancelScope()

    @property
    def backend(self) -> int | None:
        return self._key_data.backend

    def darken(self, *, answers_only: bool = False) -> None:
        """Let nothing through any more, neither bytes nor the end of the connection; both sockets stay open."""
        self.dark_to_client = True
        self.dark_to_server = not answers_only

    async def end(self) -> None:
        """Close both sockets."""
        self._scope.cancel()
        await self.ended.wait()

    async def carry(self, opening: Opening, client: ByteStream, server: ByteStream, proxy: "Proxy") -> None:
        try:
            with self._scope:
                async with client, server, anyio.create_task_group() as pumps:
                    pumps.start_soon(self._to_server, opening, client, server, pumps.cancel_scope)
                    pumps.start_soon(self._to_client, server, client, proxy, pumps.cancel_scope)
        finally:
            self.ended.set()

    async def _to_server(
        self, opening: Opening, client: ByteStream, server: ByteStream, both: anyio.CancelScope
    ) -> None:
        data = opening.message
        try:
            while True:
                if self.dark_to_server:
                    await anyio.sleep_forever()
                await server.send(data)
                data = await client.receive()
        except GONE:
            if self.dark_to_server:
                await anyio.sleep_forever()
            both.cancel()

    async def _to_client(self, server: ByteStream, client: ByteStream, proxy: "Proxy", both: anyio.CancelScope) -> None:
        try:
            while True:
                data = await server.receive()
                self._key_data.read(data)
                if proxy.delay:
                    await anyio.sleep(proxy.delay.total_seconds())
                if self.dark_to_client:
                    await anyio.sleep_forever()
                await client.send(data)
        except GONE:
            if self.dark_to_client:
                await anyio.sleep_forever()
            both.cancel()


class Proxy:
    """Carries connections to a server; each answer takes *delay* longer, and while *dark* no new one gets through."""

    def __init__(self, server: DatabaseUrl) -> None:
        self.links: set[Link] = set()
        self.delay = timedelta(0)
        self.dark = False
        self.port = 0
        self._server = server

    @property
    def url(self) -> DatabaseUrl:
        """The database's address by way of this proxy, which can read only what is not encrypted."""
        parts = urlsplit(self._server.reveal())
        kept = {name: values for name, values in parse_qs(parts.query).items() if name not in {"host", "port"}}
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        query = urlencode(kept | {"sslmode": ["disable"]}, doseq=True)
        return DatabaseUrl(parts._replace(netloc=f"{user}127.0.0.1:{self.port}", query=query).geturl())

    async def serve(self, *, task_status: TaskStatus[None]) -> None:
        """Serve until cancelled."""
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            self.port = listener.extra(SocketAttribute.local_port)  # noqa: S610  # not of Django
            task_status.started()
            await listener.serve(self._carry)

    async def _carry(self, client: ByteStream) -> None:
        async with client:
            try:
                opening = await read_opening(client)
                if self.dark:
                    await anyio.sleep_forever()
                server = await self._dial()
            except GONE:
                return
            link = Link(opening.application)
            self.links.add(link)
            try:
                await link.carry(opening, client, server, self)
            finally:
                self.links.discard(link)

    async def _dial(self) -> ByteStream:
        parts = urlsplit(self._server.reveal())
        asked = parse_qs(parts.query)
        host = asked.get("host", [parts.hostname or "127.0.0.1"])[0]
        port = int(asked.get("port", [parts.port or _DEFAULT_PORT])[0])
        if host.startswith("/"):
            return await connect_unix(f"{host}/.s.PGSQL.{port}")
        return await anyio.connect_tcp(host, port)


@asynccontextmanager
async def open_proxy(server: DatabaseUrl) -> AsyncIterator[Proxy]:
    """Carry connections to *server* until the block is left."""
    proxy = Proxy(server)
    async with anyio.create_task_group() as serving:
        await serving.start(_serve, proxy)
        yield proxy
        serving.cancel_scope.cancel()


async def _serve(proxy: Proxy, *, task_status: TaskStatus[None]) -> None:
    await proxy.serve(task_status=task_status)
