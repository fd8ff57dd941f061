"""A database that is restored from a dump, with jobs in every state, and what becomes of them."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from anyio import to_thread

from fleet import sql
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect, open_pool
from fleet.local.server import start_postgres
from fleet.migrate import migrate, unapplied
from fleet.queue.context import Context
from fleet.queue.enqueue import declare
from fleet.queue.job import Job
from fleet.queue.registry import Registry
from fleet.testing.database import APPLICATION, Database
from fleet.testing.until import until
from fleet.testing.working import Working
from tests.cli.conftest import Queue, type_command
from tests.roles.guarded import Guarded, guard

LONG = timedelta(seconds=30)
LIVE = (
    "select id, kind, queue, state::text, attempt, token, unique_key, fair_key, worker, cancel_requested_at, run_at"
    " from fleet.job order by id"
)
RUNNING = "select id from fleet.job where state = 'running' and cancel_requested_at is null"
ENDED = "select id, outcome::text, finished_at, error_class, result::text from fleet.job_history order by id"


class Note(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "note"
    queue: ClassVar[str] = "notes"
    fair_by: ClassVar[str | None] = "tenant"

    tenant: str | None = None


async def note(_job: Note, _context: Context) -> None:
    """Be done at once."""


def programs() -> Path | None:
    """The folder of a PostgreSQL that can be dumped: the one that tests bring along has no pg_dump."""
    on_path = shutil.which("pg_dump")
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *([Path(on_path).parent] if on_path else []),
    ]
    needed = ("initdb", "postgres", "pg_dump", "pg_restore")
    return next((folder for folder in folders if all(os.access(folder / name, os.X_OK) for name in needed)), None)


PROGRAMS = programs()
pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL with pg_dump is installed")


@pytest.fixture(scope="module")
def dumpable() -> Iterator[DatabaseUrl]:
    server = start_postgres(None, pg_bin=PROGRAMS)
    yield server.url
    server.stop()


@pytest.fixture
async def database(dumpable: DatabaseUrl) -> AsyncIterator[Database]:
    name = f"fleet_{uuid4().hex[:8]}"
    async with connect(dumpable, application=APPLICATION) as admin:
        await admin.execute(f"create database {name}")
        url = DatabaseUrl(urlsplit(dumpable.reveal())._replace(path=f"/{name}").geturl())
        await migrate(url)
        async with connect(url, application=APPLICATION) as connection:
            await declare(connection, [Note])
            await connection.execute("select fleet.make_partitions()")
        yield Database(url)
        await admin.execute(f"drop database {name} with (force)")


async def dump(database: Database, folder: Path) -> Path:
    """Dump as docs/operations.md says."""
    file = folder / "fleet.dump"
    await _run("pg_dump", "--format=custom", f"--file={file}", database.url.reveal())
    return file


async def restore(file: Path, like: Database) -> Database:
    """Restore into an empty database beside *like*."""
    parts = urlsplit(like.url.reveal())
    url = DatabaseUrl(parts._replace(path=f"{parts.path}_again").geturl())
    async with connect(like.url, application=APPLICATION) as admin:
        await admin.execute(f"create database {Database(url).name}")
    await _run("pg_restore", "--exit-on-error", f"--dbname={url.reveal()}", str(file))
    return Database(url)


async def drop(restored: Database, dumpable: DatabaseUrl) -> None:
    async with connect(dumpable, application=APPLICATION) as admin:
        await admin.execute(f"drop database {restored.name} with (force)")


async def _run(program: str, *arguments: str) -> None:
    assert PROGRAMS is not None
    command = [str(PROGRAMS / program), *arguments]
    ran = await to_thread.run_sync(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
    assert (ran.returncode, ran.stderr) == (0, "")


async def fill(connection: Connection) -> Queue:
    """Have a job in every state there is, by what brings jobs there."""
    queue = Queue(connection)
    await queue.add(7)
    done, failed, cancelled, retried, cancelling, *running = await queue.claim(7)
    await queue.finish([done])
    await queue.fail([failed])
    await connection.execute("select fleet.cancel(array[$1::bigint], 'wrong')", cancelled["id"])
    await connection.execute(
        "select fleet.release(array[$1::bigint], array[$2::integer], 'stopped')", cancelled["id"], cancelled["token"]
    )
    await connection.execute(
        "select fleet.fail(array[$1::bigint], array[$2::integer], '{1 h}', '{Boom}', '{x}')",
        retried["id"],
        retried["token"],
    )
    await connection.execute("select fleet.cancel(array[$1::bigint], 'stop')", cancelling["id"])
    assert len(running) == 2
    await queue.add(1)
    await connection.execute("select fleet.limit_keys('notes', 1)")
    for _ in range(2):
        await connection.execute("""select fleet.enqueue('note', '{"tenant": "a"}')""")
    await connection.execute("select fleet.admit()")
    await connection.execute("""select fleet.enqueue('note', '{"tenant": "b"}')""")
    await connection.execute("select fleet.enqueue('note', unique_key => 'one')")
    await connection.execute("select fleet.pause('others', reason => 'deploy')")
    return queue


async def rows(connection: Connection, question: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await connection.fetch(question)]


async def test_a_restored_fleet_goes_on_where_the_dump_was_taken(
    database: Database, dumpable: DatabaseUrl, tmp_path: Path
) -> None:
    async with connect(database.url, application=APPLICATION) as connection:
        await fill(connection)
        states = {row["state"] for row in await connection.fetch("select distinct state::text from fleet.job")}
        before = [await rows(connection, question) for question in (LIVE, ENDED)]
        running = await connection.fetch(RUNNING)
        restored = await restore(await dump(database, tmp_path), database)

        async with (
            connect(restored.url, application=APPLICATION) as again,
            open_pool(restored.url, application=APPLICATION, size=5) as pool,
        ):
            after = [await rows(again, question) for question in (LIVE, ENDED)]
            lacking = await unapplied(again)
            # As long as the way from a backup to a restore takes at least.
            await again.execute("update fleet.worker set lease_until = lease_until - interval '1 day'")
            last = await again.fetchval("select max(id) from fleet.job")
            added = await again.fetchval("select id from fleet.enqueue('note')")
            same = await again.fetchrow("select id, inserted from fleet.enqueue('note', unique_key => 'one')")
            registry = Registry()
            registry.add(Note, note)

            async def is_drained() -> bool:
                left = await again.fetchval("select count(*) from fleet.job where state <> 'scheduled'")
                return bool(left == 0)

            async with Working(pool, restored.url)(registry):
                await until(is_drained, within=LONG, what="all but the scheduled one has ended")
            ends = await rows(again, "select id, outcome::text, attempt from fleet.job_history order by id")
            stories = await rows(again, "select distinct job_id, outcome::text from fleet.attempt order by 1")
            doctor = await type_command("doctor", "--json", environ={"DATABASE_URL": restored.url.reveal()})
        await drop(restored, dumpable)

    # Nothing is missing, nothing is there twice, and the numbers go on.
    assert states == {"scheduled", "arriving", "held", "ready", "running"}
    assert (after, lacking) == (before, [])
    assert added == last + 1
    assert same is not None
    assert not same["inserted"]
    # What ran was rescued: it lost the attempt and was run again. What was being cancelled ended so.
    outcomes = {number: (outcome, attempt) for number, outcome, attempt in ends}
    assert {outcomes[row["id"]] for row in running} == {("done", 2)}
    assert {(row["id"], "lost") for row in running} <= set(stories)
    assert [outcome for outcome, _ in outcomes.values()].count("cancelled") == 2
    checked = {finding["check"]: finding["level"] for finding in doctor.json}
    assert {checked[check] for check in ("schema", "pooler", "listen")} == {"ok"}


async def test_the_roles_of_a_restored_database_are_kept_but_have_to_be_made_known_again(
    database: Database, dumpable: DatabaseUrl, tmp_path: Path
) -> None:
    async with guard(database) as guarded:
        restored = await restore(await dump(database, tmp_path), database)
        again = Guarded(restored, guarded._suffix)

        async with again.session("fleet_operator") as operator:
            may = await operator.fetchval("select count(*) from fleet.queues")
        forgotten = await type_command("doctor", "--json", environ=again.settings("fleet_operator"))
        async with connect(restored.url, application="psql") as admin:
            await admin.execute(sql.statement("roles"))
            applied = await migrate(again.url("fleet_migrate"))
        known = await type_command("doctor", "--json", environ=again.settings("fleet_operator"))
        await drop(restored, dumpable)

    assert may == 1
    assert applied == []
    told = [[finding["found"] for finding in ran.json if finding["check"] == "roles"] for ran in (forgotten, known)]
    assert told[0][0].startswith("no roles are set up")
    assert told[1] == ["each user has one role, and its limits"]
