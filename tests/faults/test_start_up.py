"""Processes that are killed or asked to stop before they have begun."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import anyio
import pytest

from fleet.db import Connection
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.processes.conftest import PATIENCE, ROOT, Start, Started, environment, required, start

__all__ = ["required", "start"]

UNSHARE = shutil.which("unshare")


def may_unshare() -> bool:
    return (
        UNSHARE is not None
        and subprocess.run([UNSHARE, "--pid", "--fork", "true"], check=False, capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not may_unshare(), reason="a namespace of processes cannot be made here")
async def test_the_first_process_of_a_container_ends_when_asked_while_it_still_imports(database: Database) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "entrypoints.spec_generator"]
    process = await anyio.open_process(
        [str(UNSHARE), "--pid", "--fork", "--kill-child", *command],
        cwd=ROOT,
        env=environment(DATABASE_URL=database.url.reveal()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    with anyio.fail_after(PATIENCE.total_seconds()):
        async with process:
            assert process.stderr is not None
            said = b""
            # What follows once it answers signals.
            while b"anyio" not in said:
                said += await process.stderr.receive()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
            status = Path(f"/proc/{children[0]}/status").read_text(encoding="utf-8")

            asked_at = monotonic()
            os.kill(int(children[0]), signal.SIGTERM)
            async for more in process.stderr:
                said += more
            code = await process.wait()

    assert "NSpid:\t" in status
    assert status.partition("NSpid:")[2].splitlines()[0].split()[-1] == "1"
    assert code == 0
    assert monotonic() - asked_at < 2
    assert b"fleet.queue.worker" not in said


@pytest.mark.faults
async def test_a_migration_that_is_killed_is_done_by_the_next_one(
    start: Start, required: dict[str, dict[str, str]], conn: Connection
) -> None:
    before = await conn.fetchval("select count(*) from fleet.kind")
    await conn.execute("delete from fleet.kind")
    async with conn.transaction():
        await conn.execute("lock table fleet.kind in access exclusive mode")
        first: Started = await start("migrate", settings=required["migrate"])
        await until(lambda: conn.fetchval("select count(*) from pg_locks where not granted"), what="it waits")
        first.kill()
        assert await first.exit_code() == -signal.SIGKILL

    assert await conn.fetchval("select count(*) from fleet.kind") == 0
    second: Started = await start("migrate", settings=required["migrate"])

    assert await second.exit_code() == 0, second.text()
    assert before >= 0
    assert await conn.fetchval("select count(*) from fleet.kind") > 0
