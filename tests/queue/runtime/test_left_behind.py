"""What handlers leave behind in the process of their worker."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs

from fleet.log import OF_JOB
from fleet.queue.claim import Claimed
from fleet.queue.context import Context
from fleet.queue.ledger import Running
from fleet.queue.left_behind import LeftBehind
from fleet.testing.until import until
from tests.queue.kinds import Greet
from tests.queue.runtime.conftest import Ask, Working

SOON = timedelta(milliseconds=50)
CLAIMED = Claimed(1, 1, "greet", "greetings", "{}", 1, 3, None, 0)


@pytest.fixture
def home() -> Iterator[Path]:
    """Where the tests run, also after one of a handler that does not come back."""
    home = Path.cwd()
    yield home
    os.chdir(home)


class Leaver:
    """A handler that leaves a task behind."""

    def __init__(self) -> None:
        self.left: list[asyncio.Task[None]] = []

    def leave(self) -> None:
        self.left.append(asyncio.create_task(anyio.sleep_forever(), name="watcher"))

    async def ended(self) -> bool:
        return bool(self.left) and self.left[-1].done()

    async def seen(self, ask: Ask) -> int:
        """Return the job that left a task, when it was ended: what is there since before that was looked at, twice."""
        job = await ask.enqueue(Greet(name="leaver"))
        await ask.finished(job)
        await until(self.ended)
        return job


def told(lines: list[Any], event: str, job: int | None = None) -> list[Any]:
    return [line for line in lines if line["event"] == event and job in {None, line.get("job")}]


async def test_a_task_that_outlives_its_job_is_cancelled_and_told(working: Working, ask: Ask) -> None:
    leaver = Leaver()

    async def greet(_job: Greet, _: Context) -> None:
        leaver.leave()

    with capture_logs() as lines:
        async with working(greet, reconcile_pause=SOON):
            job = await leaver.seen(ask)

    assert leaver.left[0].cancelled()
    (line,) = told(lines, "job.left_task")
    assert (line["job"], line["kind"], line["task"], line["does"]) == (job, "greet", "watcher", "sleep_forever")


async def test_a_task_that_ends_by_itself_before_the_next_look_is_nobodys_concern() -> None:
    running = Running(CLAIMED)
    running.unwind()
    before = copy_context()
    before.run(OF_JOB.set, running)
    left_behind, may_end = LeftBehind(), anyio.Event()

    with capture_logs() as lines:
        left = asyncio.create_task(may_end.wait(), context=before)
        left_behind.look([])
        may_end.set()
        await left
        left_behind.look([])

    assert lines == []


async def test_a_task_that_ignores_it_is_told_of_once(working: Working, ask: Ask) -> None:
    leaver, asked, may_end = Leaver(), anyio.Event(), anyio.Event()
    tasks: list[asyncio.Task[None]] = []

    async def ignore() -> None:
        with suppress(asyncio.CancelledError):
            await anyio.sleep_forever()
        asked.set()
        await may_end.wait()

    async def greet(job: Greet, _: Context) -> None:
        if job.name == "leaver":
            leaver.leave()
        else:
            tasks.append(asyncio.create_task(ignore()))

    with capture_logs() as lines:
        async with working(greet, reconcile_pause=SOON):
            job = await ask.enqueue(Greet())
            await asked.wait()
            await leaver.seen(ask)
            may_end.set()
            await tasks[0]

    assert len(told(lines, "job.left_task", job)) == 1


async def test_a_task_of_a_job_that_runs_is_its_own_affair(working: Working, ask: Ask) -> None:
    leaver, may_end = Leaver(), anyio.Event()

    async def greet(job: Greet, _: Context) -> None:
        if job.name == "leaver":
            leaver.leave()
        else:
            await asyncio.create_task(may_end.wait())

    with capture_logs() as lines:
        async with working(greet, reconcile_pause=SOON):
            job = await ask.enqueue(Greet())
            await leaver.seen(ask)
            may_end.set()
            ended = await ask.finished(job)

    assert ended["outcome"] == "done"
    assert told(lines, "job.left_task", job) == []


async def test_a_task_in_a_group_that_outlives_the_job_goes_on(working: Working, ask: Ask) -> None:
    leaver, may_end, through = Leaver(), anyio.Event(), anyio.Event()

    async def serve() -> None:
        await may_end.wait()
        through.set()

    with capture_logs() as lines:
        async with anyio.create_task_group() as group:

            async def greet(job: Greet, _: Context) -> None:
                if job.name == "leaver":
                    leaver.leave()
                else:
                    group.start_soon(serve)

            async with working(greet, reconcile_pause=SOON):
                job = await ask.enqueue(Greet())
                await ask.finished(job)
                await leaver.seen(ask)
                may_end.set()

    assert through.is_set()
    assert told(lines, "job.left_task", job) == []


async def test_the_working_folder_is_restored_when_who_changed_it_is_out(
    working: Working, ask: Ask, tmp_path: Path, home: Path
) -> None:
    leaver, may_end = Leaver(), anyio.Event()

    async def greet(job: Greet, _: Context) -> None:
        if job.name == "leaver":
            leaver.leave()
        else:
            os.chdir(tmp_path)
            await may_end.wait()

    async def is_back() -> bool:
        return Path.cwd() == home

    with capture_logs() as lines:
        async with working(greet, reconcile_pause=SOON):
            job = await ask.enqueue(Greet())
            await leaver.seen(ask)
            meanwhile = Path.cwd()
            may_end.set()
            await ask.finished(job)
            await until(is_back)

    assert meanwhile == tmp_path
    (line,) = told(lines, "process.left_home")
    assert (line["folder"], line["home"], line["kinds"]) == (str(tmp_path), str(home), ["greet"])
    assert len(told(lines, "process.back_home")) == 1


async def test_a_working_folder_that_is_gone_is_left_too(
    working: Working, ask: Ask, tmp_path: Path, home: Path
) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        os.chdir(gone)
        gone.rmdir()

    async def is_back() -> bool:
        with suppress(FileNotFoundError):
            return Path.cwd() == home
        return False

    async with working(greet, reconcile_pause=SOON):
        ended = await ask.finished(await ask.enqueue(Greet()))
        await until(is_back)

    assert ended["outcome"] == "done"
