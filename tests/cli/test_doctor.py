"""The doctor, at real databases with real faults."""

import os
import pwd
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from fleet.cli.doctor import snapshots
from fleet.db import Connection, connect
from fleet.local.account import hand_over, server_account
from fleet.sql import statement
from fleet.testing.database import Database
from fleet.testing.server import open_folder
from fleet.testing.until import until
from tests.cli.conftest import Cli, Queue, Ran, type_command
from tests.processes.conftest import environment

PATIENCE = timedelta(seconds=10)


def found(ran: Ran, check: str) -> list[dict[str, Any]]:
    return [finding for finding in ran.json if finding["check"] == check]


def levels(ran: Ran, check: str) -> list[str]:
    return [finding["level"] for finding in found(ran, check)]


async def test_it_says_of_every_check_what_it_found(cli: Cli) -> None:
    ran, told = await cli("doctor"), await cli("doctor", "--json")

    checks = ["driver", "git", "settings", "encryption", "database", "server", "clock", "pooler", "listen", "headroom"]
    checks += ["disk", "snapshots", "roles", "schema", "vacuum", "health", "workers", "pauses", "crons"]
    assert list(dict.fromkeys(finding["check"] for finding in told.json)) == checks
    assert list(dict.fromkeys(line.split()[1] for line in ran.out.splitlines() if not line.startswith(" "))) == checks
    well = {"driver", "settings", "database", "clock", "pooler", "listen", "headroom", "snapshots", "schema", "pauses"}
    assert {check: levels(told, check) for check in well} == {check: ["ok"] for check in well}
    assert all(finding["advice"] for finding in told.json if finding["level"] != "ok")


async def test_the_worst_finding_is_the_exit_code(cli: Cli) -> None:
    # The tests' server keeps nothing over a crash.
    ran = await cli("doctor", "--json")

    assert ran.code == 2
    assert levels(ran, "server") == ["bad", "warn"]


async def test_a_database_that_is_gone_is_a_finding_and_the_rest_of_the_machine_is_examined() -> None:
    ran = await type_command("doctor", "--json", environ={"DATABASE_URL": "postgresql://ann:geheim@127.0.0.1:1/x"})

    assert ran.code == 2
    assert levels(ran, "driver") == ["ok"]
    (gone,) = found(ran, "database")
    assert gone["found"] == "nobody answers where DATABASE_URL points (127.0.0.1:1)"
    assert "geheim" not in ran.out + ran.err


async def test_settings_that_cannot_be_read_are_findings() -> None:
    ran = await type_command("doctor", "--json", environ={"DATABASE_UNPOOLED_URL": "x"})

    assert [finding["found"] for finding in found(ran, "settings")] == [
        "DATABASE_URL is required",
        "DATABASE_UNPOOLED_URL must start with postgresql://",
    ]


async def test_a_database_that_was_never_migrated_is_told_so_and_asked_nothing_more(
    database: Database, cli: Cli
) -> None:
    elsewhere = database.url.reveal().replace(database.name, "postgres")

    ran = await cli("doctor", "--json", DATABASE_URL=elsewhere)

    (schema,) = found(ran, "schema")
    assert schema["level"] == "bad"
    assert schema["found"].startswith("the database lacks migrations/0001_queue, ")
    assert levels(ran, "health") == []


async def test_a_function_of_another_release_is_named(cli: Cli, conn: Connection) -> None:
    await conn.execute("update fleet.migration set digest = 'older' where name = 'functions/claim'")

    ran = await cli("doctor", "--json")

    (schema,) = found(ran, "schema")
    assert (schema["level"], schema["found"]) == ("bad", "the database lacks functions/claim")


async def test_the_functions_of_a_newer_release_are_fine(cli: Cli, conn: Connection) -> None:
    await conn.execute("update fleet.migration set digest = '99' where name = 'release'")
    await conn.execute("update fleet.migration set digest = 'newer' where name = 'functions/claim'")

    assert levels(await cli("doctor", "--json"), "schema") == ["ok"]


async def test_two_addresses_of_two_databases_are_told_apart_and_nothing_is_heard(database: Database, cli: Cli) -> None:
    elsewhere = database.url.reveal().replace(database.name, "postgres")

    ran = await cli("doctor", "--json", DATABASE_UNPOOLED_URL=elsewhere)

    assert "lead to two databases" in found(ran, "pooler")[0]["found"]
    (deaf,) = found(ran, "listen")
    assert deaf["level"] == "bad"
    assert "did not arrive" in deaf["found"]


async def test_a_direct_way_that_does_not_work_is_a_finding(cli: Cli) -> None:
    ran = await cli("doctor", "--json", DATABASE_UNPOOLED_URL="postgresql://127.0.0.1:1/x")

    assert [finding["found"] for finding in found(ran, "listen")] == [
        "the direct way: nobody answers where DATABASE_URL points (127.0.0.1:1)"
    ]


async def test_an_open_transaction_is_named_by_its_session(database: Database, conn: Connection) -> None:
    async with connect(database.url, application="psql") as other, other.transaction():
        await other.execute("select count(*) from fleet.job")
        pid = other.get_server_pid()
        # Nobody waits five minutes for a test; so the check is asked about those from any age on.
        holders = await conn.fetch(statement("doctor/holders"), timedelta(0))

        assert f"session {pid} of postgres (psql, idle in transaction)" in snapshots.judge(holders)[0].found


async def test_jobs_that_no_worker_takes_are_named_by_kind_and_queue(cli: Cli, queue: Queue) -> None:
    await queue.add(2)
    await queue.connection.execute("update fleet.job set kind = 'gone' where id = 1")

    ran = await cli("doctor", "--json")

    assert [finding["found"] for finding in found(ran, "workers")] == [
        "1 job of the unknown kind gone in notes",
        "1 job of kind note in notes, and no live worker takes them there",
        "no worker is alive",
    ]


async def test_time_that_stands_still_is_found(database: Database, cli: Cli, conn: Connection) -> None:
    await conn.execute(f"alter database {database.name} set fleet.now = '2026-01-01'")

    ran = await cli("doctor", "--json")

    assert any("fleet.now is set" in finding["found"] for finding in found(ran, "server"))


async def test_a_queue_that_was_paused_long_ago_is_found(cli: Cli, queue: Queue) -> None:
    await cli("pause", "notes", "--reason", "deploy")
    await queue.connection.execute("update fleet.queue set paused_at = paused_at - interval '2 h'")

    (paused,) = found(await cli("doctor", "--json"), "pauses")

    assert paused["found"] == "notes has been paused for 2h by postgres with fleet-cli ann (deploy); 0 jobs ready"
    assert paused["advice"] == "If that is over: fleet resume notes."


@asynccontextmanager
async def pgbouncer(database: Database) -> AsyncIterator[str]:
    """PgBouncer in front of *database*, which lends a connection for a transaction."""
    socket = parse_qs(urlsplit(database.url.reveal()).query)["host"][0]
    # Whoever runs the server is the one who may pass to its socket.
    account = server_account(os.getuid())
    user = [] if account is None else ["-u", pwd.getpwuid(account.uid).pw_name]
    with open_folder() as folder:
        hand_over(folder, account)
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{database.name} = host={socket} user=postgres\n[pgbouncer]\nlisten_port = 6432\n"
            f"unix_socket_dir = {folder}\nauth_type = any\nlogfile = {folder}/log\n"
            "pool_mode = transaction\ndefault_pool_size = 1\n",
            encoding="utf-8",
        )
        async with await anyio.open_process(["pgbouncer", "--quiet", *user, settings]) as process:
            await until((anyio.Path(folder) / ".s.PGSQL.6432").exists, within=PATIENCE, what="pgbouncer listens")
            yield f"postgresql://postgres@/{database.name}?host={folder}&port=6432"
            process.terminate()


with_pgbouncer = pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="PgBouncer is not installed")


@with_pgbouncer
async def test_a_real_pooler_is_found_where_it_must_not_be(database: Database, cli: Cli) -> None:
    async with pgbouncer(database) as pooled:
        ran = await cli("doctor", "--json", DATABASE_URL=pooled)

    assert levels(ran, "pooler") == ["bad"]
    assert levels(ran, "listen") == ["bad"]


@with_pgbouncer
async def test_a_real_pooler_is_fine_beside_a_direct_way(database: Database, cli: Cli) -> None:
    async with pgbouncer(database) as pooled:
        ran = await cli("doctor", "--json", DATABASE_URL=pooled, DATABASE_UNPOOLED_URL=database.url.reveal())

    assert [finding["found"] for finding in found(ran, "pooler")] == ["a pooler for statements, none for LISTEN"]
    assert levels(ran, "listen") == ["ok"]


@with_pgbouncer
async def test_a_pooler_that_mixes_up_prepared_statements_is_named_once(database: Database) -> None:
    if b"1.18" not in (await anyio.run_process(["pgbouncer", "--version"])).stdout:
        pytest.skip("this PgBouncer keeps prepared statements apart")
    async with pgbouncer(database) as pooled:
        first = await process("status", pooled)
        again, status = await process("doctor", pooled), await process("status", pooled)

    assert first.code == 0
    assert "could not be asked" not in again.out
    assert [line.split()[:2] for line in again.out.splitlines() if not line.startswith(" ")][-1] == ["bad", "pooler"]
    assert status.code == 78
    assert "a pooler that keeps no prepared statements stands before the database" in status.err


async def process(command: str, url: str) -> Ran:
    """Run *command* in a process of its own: within one, the driver gives no name twice."""
    ran = await anyio.run_process(
        [sys.executable, "-m", "fleet.cli", command], check=False, env=environment(DATABASE_URL=url)
    )
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())
