"""A task that cannot be cancelled ends all the same."""

import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from fleet.db import Pool
from tests.processes.conftest import launch

# A task whose work never gives its loop back.
BLOCKED = """
from datetime import timedelta
from entrypoints._cron import run_task
from entrypoints._process import ProcessSettings, run_process
from fleet.cron import Task

second = timedelta(seconds=1)
task = Task(name="blocked", every=second, time_limit=0.1 * second, grace=0.5 * second, version="1")

async def work(_connection, _run):
    while True:
        pass

async def begin(settings):
    return await run_task(settings, task, work)

class Mine(ProcessSettings, frozen=True, kw_only=True):
    pass

run_process("blocked", Mine, begin)
"""


@pytest.mark.usefixtures("migrated")
async def test_a_task_that_blocks_its_process_ends_with_it_and_stays_without_an_end(
    tmp_path: Path, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    async with AsyncExitStack() as running:
        command = [sys.executable, "-c", BLOCKED]
        process = await launch(running, tmp_path / "blocked.log", command, required["partitions"])

        assert await process.exit_code() == -signal.SIGALRM, process.text()

    assert await pool.fetchval("select outcome is null from fleet.cron_run where task = 'blocked'") is True
