"""The first process of a container, in a process namespace of its own where it is to be number one."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.db import Pool
from fleet.testing.until import until
from tests.processes.conftest import Started, launch

# Who is not root may do so as the root of a namespace of users, where root would lose what it may elsewhere.
_USERS = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
NAMESPACE = ["unshare", *_USERS, "--pid", "--fork", "--kill-child", "--mount-proc"]
# Far less than the lease, which would end by itself.
SOON = timedelta(seconds=8)

StartInit = Callable[..., Any]


def _may_unshare() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


as_number_one = pytest.mark.skipif(not _may_unshare(), reason="no process namespaces here")


@pytest.fixture
async def start_init(tmp_path: Path) -> AsyncIterator[StartInit]:
    """Start ``python -m entrypoints.init <module>``; *around* is what it runs in."""
    async with AsyncExitStack() as running:

        async def start_init(module: str, *around: str, **settings: str) -> Started:
            command = [*around, sys.executable, "-m", "entrypoints.init", module]
            return await launch(running, tmp_path / "init.log", command, settings)

        yield start_init


async def says(started: Started, words: str) -> None:
    async def said() -> bool:
        return words in started.text()

    await until(said, within=timedelta(seconds=30), what=words)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(("act", "code"), [("exit", 3), ("die", 128 + signal.SIGKILL)])
async def test_it_ends_as_its_child_does(start_init: StartInit, act: str, code: int) -> None:
    first = await start_init("tests.processes.child", ACT=act)

    assert await first.exit_code() == code, first.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_passes_a_signal_on(start_init: StartInit, number: signal.Signals) -> None:
    first = await start_init("tests.processes.child", ACT="wait")
    await says(first, "ready")

    first.kill(number)

    assert await first.exit_code() == 0, first.text()
    assert f"asked with {int(number)}" in first.text()


@as_number_one
async def test_processes_that_its_child_left_behind_leave_no_zombies(start_init: StartInit) -> None:
    outside = await start_init("tests.processes.child", *NAMESPACE, ACT="abandon")
    await says(outside, "ready")
    (first,) = children_of(outside.process.pid)
    adopted = children_of(first)

    async def all_are_gone() -> bool:
        return len(children_of(first)) == 1

    await until(all_are_gone, within=SOON)

    assert len(adopted) > 1
    assert not any(is_zombie(pid) for pid in children_of(first))


@as_number_one
async def test_a_worker_that_is_killed_in_its_container_is_buried_before_the_container_ends(
    start_init: StartInit, required: dict[str, dict[str, str]], migrated: None, pool: Pool
) -> None:
    del migrated
    outside = await start_init("entrypoints.spec_generator", *NAMESPACE, **required["spec_generator"])
    await says(outside, "keeper.renews")
    (first,) = children_of(outside.process.pid)
    worker, *_ = children_of(first)

    os.kill(worker, signal.SIGKILL)
    code = await outside.exit_code()
    alive = await pool.fetchval("select count(*) from fleet.worker where lease_until > fleet.now()")

    assert code == 128 + signal.SIGKILL
    assert alive == 0
