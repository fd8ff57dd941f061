"""A database behind TLS whose certificate is not to be trusted, and one whose name nobody knows."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSStream

from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.errors import DatabaseUnavailable
from fleet.testing.database import Database
from fleet.testing.proxy import GONE
from fleet.testing.unix import connect_unix
from fleet.testing.wire import SSL_REQUEST
from tests.analysis.git.hosting import Authority, make_authority
from tests.processes.conftest import Start, required, start

__all__ = ["required", "start"]

NAME = "localhost"

# How a server is set up that a client must refuse, and the name under which it is asked for.
Spoil = Callable[[Path], tuple[Authority, str]]


def of_nobody(folder: Path) -> tuple[Authority, str]:
    authority = make_authority(folder, [NAME])
    (folder / "other").mkdir()
    other = make_authority(folder / "other", [NAME])
    return Authority(certificate=other.certificate, tls=authority.tls), NAME


def of_another_name(folder: Path) -> tuple[Authority, str]:
    return make_authority(folder, ["database.example"]), NAME


def expired(folder: Path) -> tuple[Authority, str]:
    return make_authority(folder, [NAME], valid_for=timedelta(hours=-1)), NAME


@asynccontextmanager
async def secured(database: Database, authority: Authority, name: str) -> AsyncIterator[DatabaseUrl]:
    """Put TLS in front of *database*; gives its address for a client that checks the certificate."""
    parts = urlsplit(database.url.reveal())
    asked = parse_qs(parts.query)

    async def carry(client: ByteStream) -> None:
        try:
            async with client:
                assert await client.receive(len(SSL_REQUEST)) == SSL_REQUEST
                await client.send(b"S")
                inside = await TLSStream.wrap(
                    client, server_side=True, ssl_context=authority.tls, standard_compatible=False
                )
                server = await connect_unix(f"{asked['host'][0]}/.s.PGSQL.{asked.get('port', ['5432'])[0]}")
                async with server, anyio.create_task_group() as pumps:
                    pumps.start_soon(pump, inside, server)
                    await pump(server, inside)
                    pumps.cancel_scope.cancel()
        except (*GONE, ssl.SSLError):
            return

    async def pump(source: ByteStream, target: ByteStream) -> None:
        async for data in source:
            await target.send(data)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as serving,
    ):
        serving.start_soon(partial(listener.serve, carry))
        kept = {key: value for key, value in asked.items() if key not in {"host", "port"}}
        query = urlencode(kept | {"sslmode": ["verify-full"], "sslrootcert": [str(authority.certificate)]}, doseq=True)
        user = parts.netloc.rpartition("@")[0] or "fleet"
        port = listener.extra(SocketAttribute.local_port)
        yield DatabaseUrl(parts._replace(netloc=f"{user}@{name}:{port}", query=query).geturl())
        serving.cancel_scope.cancel()


async def test_a_database_behind_a_certificate_that_is_vouched_for_is_used(database: Database, tmp_path: Path) -> None:
    async with (
        secured(database, make_authority(tmp_path, [NAME]), NAME) as url,
        connect(url, application="fleet-tests") as connection,
    ):
        assert await connection.fetchval("select 1") == 1


@pytest.mark.parametrize("spoil", [of_nobody, of_another_name, expired])
async def test_a_database_behind_a_certificate_that_is_not_is_refused(
    database: Database, tmp_path: Path, spoil: Spoil
) -> None:
    authority, name = spoil(tmp_path)

    async with secured(database, authority, name) as url:
        with pytest.raises(DatabaseUnavailable, match=r"SSL|Connection"):
            async with connect(url, application="fleet-tests"):
                pass


async def test_a_worker_whose_database_has_a_name_nobody_knows_waits_and_then_says_so(start: Start) -> None:
    worker = await start(
        "spec_generator",
        settings={
            "DATABASE_URL": "postgresql://fleet:hunter2@nowhere.invalid/fleet",
            "DATABASE_PATIENCE_SECONDS": "1",
        },
    )

    assert await worker.exit_code() == 69
    assert "process.waits_for_database" in worker.text()
    assert "hunter2" not in worker.text()
