"""Worker processes of two releases on one schema."""

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from fleet.db import Connection
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.processes.conftest import ROOT, Started, environment, start

__all__ = ["start"]

HERE = Path(__file__).parent
WORKERS = {"old": HERE / "release_1" / "worker.py", "new": HERE / "present_worker.py"}
LONG = timedelta(seconds=30)

Work = Callable[..., Awaitable[Started]]


@pytest.fixture
async def notes(conn: Connection) -> None:
    """The kinds of both releases, and a table of who ran what; note_run says how often a job has run by now."""
    await conn.execute(
        """
        select fleet.declare_kind(kind, 'notes', 3, '1 min', '{}', '{}')
        from unnest('{note,old_note,new_note}'::text[]) as kind;
        create table public.run (job bigint, token integer, service text);
        create function public.note_run(job bigint, token integer, service text) returns bigint
        language plpgsql as $$
        begin
            insert into public.run values ($1, $2, $3);
            return (select count(*) from public.run where run.job = $1);
        end $$;
        """
    )


@pytest.fixture
async def work(notes: None, database: Database, conn: Connection, tmp_path: Path) -> AsyncIterator[Work]:
    """Start a worker of the old or the new release on some kinds, and wait until it has registered."""
    del notes
    async with AsyncExitStack() as running:

        async def work(release: str, kinds: str = "note", *, slots: int = 2) -> Started:
            output = tmp_path / f"{release}-{len(list(tmp_path.iterdir()))}.log"
            with output.open("wb") as stream:
                process = await anyio.open_process(
                    [sys.executable, str(WORKERS[release]), database.url.reveal(), release, kinds, str(slots)],
                    env=environment(),
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                )
            running.push_async_callback(process.aclose)
            running.callback(lambda: process.returncode is None and process.kill())
            started = Started(process, output)

            async def registered() -> object:
                return await conn.fetchval("select true from fleet.worker where pid = $1", process.pid)

            await until(registered, within=LONG, what=f"the {release} worker registers")
            return started

        yield work
