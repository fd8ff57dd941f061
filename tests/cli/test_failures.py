"""What a command says when it cannot do its work."""

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from fleet.db import Connection
from fleet.testing.database import Database
from tests.cli.conftest import Cli, type_command


@pytest.mark.parametrize("command", [("status",), ("why", "1"), ("retry", "1"), ("pause", "notes")])
async def test_a_database_that_is_not_there_is_said_without_its_password(command: tuple[str, ...]) -> None:
    url = "postgresql://ann:geheim@127.0.0.1:1/fleet"

    ran = await type_command(*command, environ={"DATABASE_URL": url})

    assert (ran.code, ran.out) == (69, "")
    assert ran.err == "fleet: nobody answers where DATABASE_URL points (127.0.0.1:1)\n"


async def refuse(client: SocketStream) -> None:
    """Answer as PostgreSQL does to a wrong password."""
    async with client:
        await client.receive()
        said = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user geheim\0\0"
        await client.send(b"E" + (len(said) + 4).to_bytes(4, "big") + said)


async def test_a_wrong_password_is_said_and_not_repeated() -> None:
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as serving,
    ):
        serving.start_soon(listener.serve, refuse)
        port = listener.extra(SocketAttribute.local_port)

        ran = await type_command(
            "status", environ={"DATABASE_URL": f"postgresql://ann:geheim@127.0.0.1:{port}/fleet?sslmode=disable"}
        )
        serving.cancel_scope.cancel()

    assert ran.code == 69
    assert ran.err == f"fleet: PostgreSQL refused the password of DATABASE_URL (127.0.0.1:{port})\n"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "DATABASE_URL is required"),
        ({"DATABASE_URL": "mysql://ann:geheim@x/y"}, "DATABASE_URL must start with postgresql://"),
        ({"DATABASE_URL": " "}, "DATABASE_URL is empty"),
    ],
)
async def test_settings_that_cannot_be_used_are_said(environ: dict[str, str], says: str) -> None:
    ran = await type_command("status", environ=environ)

    assert (ran.code, ran.out) == (78, "")
    assert says in ran.err
    assert "geheim" not in ran.err


async def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    ran = await type_command("status", environ={"DATABASE_URL": "postgresql://ann:geh#eim@host:port/x"})

    assert ran.code == 69
    assert "geh" not in ran.err


async def test_an_older_database_is_left_alone(cli: Cli, conn: Connection) -> None:
    await conn.execute("delete from fleet.migration where name = 'migrations/0012_dashboard'")

    ran = await cli("status")

    assert ran.code == 78
    assert "older than this release" in ran.err


async def test_a_database_that_was_never_migrated_says_what_to_run(database: Database, cli: Cli) -> None:
    ran = await cli("status", DATABASE_URL=database.url.reveal().replace(database.name, "postgres"))

    assert ran.code == 78
    assert "run fleet migrate, or" in ran.err


@pytest.mark.usefixtures("queue")
async def test_a_database_that_goes_away_in_the_middle_is_said(cli: Cli, conn: Connection) -> None:
    await conn.execute(
        "create or replace function fleet.why(id bigint) returns setof text language plpgsql as"
        " $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); end $$"
    )

    ran = await cli("why", "1")

    assert ran.code == 69
    assert ran.err.startswith("fleet: the database went away in the middle of a call")
