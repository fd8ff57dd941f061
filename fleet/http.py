"""Asks servers over HTTPS: one request, one bounded answer, no redirect followed, nothing kept but connections."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import anyio
import anyio.to_thread
import httpx2
import msgspec

from fleet.config import Secret
from fleet.errors import ConfigError, ServerUnavailable, ServerUnreachable

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# These come before the first byte of a request is sent.
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_MOST_IDLE = 20


class HttpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one request; whichever is passed, the server counts as unavailable."""

    connect: timedelta = timedelta(seconds=10)
    # How long the server may send nothing at all.
    read: timedelta = timedelta(seconds=15)
    # From the first try to connect to the last byte, so that a byte a second does not hold anybody for long.
    total: timedelta = timedelta(seconds=30)
    # Bytes of a body as it comes over the wire; it is never unpacked.
    body: int = 1_000_000


class Answer(msgspec.Struct, frozen=True):
    """What a server said; the names of *headers* are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """Asks any number of servers, beside each other; usable inside `open_http` only."""

    def __init__(self, client: httpx2.AsyncClient, limits: HttpLimits) -> None:
        self._client = client
        self._limits = limits

    async def get(self, url: str, *, headers: Mapping[str, str] = NO_HEADERS, token: Secret | None = None) -> Answer:
        """Return the answer to one GET, whatever its status; a redirect is an answer like any other.

        *token* goes to the server of *url* alone. Raises ServerUnavailable.
        """
        return await self._ask("GET", url, {**headers, **_authorization(url, token)}, None)

    async def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str] = NO_HEADERS, token: Secret | None = None
    ) -> Answer:
        """Return the answer to one POST, as `get` does; ServerUnreachable says that the server saw nothing of it."""
        return await self._ask("POST", url, {**headers, **_authorization(url, token)}, body)

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        host = httpx2.URL(url).host
        try:
            with anyio.fail_after(self._limits.total.total_seconds()):
                async with self._client.stream(method, url, headers=dict(headers), content=body) as response:
                    return Answer(response.status_code, dict(response.headers), await self._body(response))
        except TimeoutError:
            raise ServerUnavailable("the server took too long", host=host, limit=self._limits.total) from None
        except _UNSENT as error:
            raise ServerUnreachable("the server cannot be reached", host=host, reason=type(error).__name__) from None
        except httpx2.HTTPError as error:
            # Its text may hold what was sent, and its name says enough.
            raise ServerUnavailable("the server gave no answer", host=host, reason=type(error).__name__) from None

    async def _body(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._limits.body:
                raise ServerUnavailable(
                    "the server's answer is longer than it may be", host=response.url.host, limit=self._limits.body
                )
        return bytes(body)


@asynccontextmanager
async def open_http(
    *, certificates: Path | None = None, proxy: str | None = None, limits: HttpLimits | None = None
) -> AsyncIterator[Http]:
    """Open a client that trusts only the authorities in *certificates*, or else the system's, and goes by *proxy*.

    Nothing of the environment, such as its proxies or a .netrc, is heeded. Raises ConfigError.
    """
    limits = limits or HttpLimits()
    # Reads the authorities from disk.
    tls = await anyio.to_thread.run_sync(_trust, certificates)
    timeout = httpx2.Timeout(limits.read.total_seconds(), connect=limits.connect.total_seconds())
    async with httpx2.AsyncClient(
        verify=tls,
        proxy=proxy,
        trust_env=False,
        follow_redirects=False,
        timeout=timeout,
        # Who waits here for another request to end would take it for a server that is not there.
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_MOST_IDLE),
        # A body that comes packed would have to be unpacked to be bounded.
        headers={"Accept-Encoding": "identity", "User-Agent": "fleet"},
    ) as client:
        yield Http(client, limits)


def _trust(certificates: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=certificates)
    except OSError:  # an SSLError is one
        raise ConfigError(["the file with the certificates to trust cannot be read, or holds none"]) from None


def _authorization(url: str, token: Secret | None) -> Mapping[str, str]:
    if token is None:
        return {}
    text = token.reveal()
    # The client would quote it in a complaint, and in its log.
    if not text.isascii() or not text.isprintable():
        raise ServerUnavailable("the token cannot be sent", host=httpx2.URL(url).host)
    return {"Authorization": f"Bearer {text}"}
