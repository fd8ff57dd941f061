"""fleet migrate."""

import os
import shutil
import sys
from pathlib import Path

import anyio

from fleet import sql
from fleet.db import Connection
from fleet.kinds import KINDS
from fleet.migrate import unapplied
from fleet.testing.database import Database
from tests.cli.conftest import Cli
from tests.processes.conftest import ROOT, environment


async def unmigrate(connection: Connection) -> None:
    await connection.execute("drop schema if exists app cascade; drop schema fleet cascade")


async def test_an_empty_database_is_brought_to_this_release(cli: Cli, conn: Connection) -> None:
    await unmigrate(conn)

    ran = await cli("migrate")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("applied migrations/0001_")
    assert await unapplied(conn) == []
    kinds = await conn.fetch("select kind from fleet.kind order by kind")
    assert {row["kind"] for row in kinds} == {kind.kind for kind in KINDS}
    assert await conn.fetchval("select fleet.make_partitions()") == 0


async def test_a_second_time_nothing_is_applied(cli: Cli) -> None:
    await cli("migrate")

    assert (await cli("migrate")).out == "the database is at this release already\n"
    assert (await cli("migrate", "--json")).json == {"applied": [], "partitions": 0}


async def test_the_files_of_the_wheel_are_enough(conn: Connection, database: Database, tmp_path: Path) -> None:
    """As pyproject.toml lays a wheel out: the package, with the SQL in it, and no entry points."""
    await unmigrate(conn)
    shutil.copytree(ROOT / "fleet", tmp_path / "fleet", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(sql.ROOT, tmp_path / "fleet" / "_sql")

    ran = await anyio.run_process(
        [sys.executable, "-m", "fleet.cli", "migrate"],
        check=False,
        cwd=tmp_path,
        env=environment() | {"DATABASE_URL": database.url.reveal(), "PYTHONPATH": os.fspath(tmp_path)},
    )

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert await unapplied(conn) == []
