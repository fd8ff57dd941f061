"""What workers do in the tests of faults, and the trace it leaves: a file that no fault of a database reaches."""

import asyncio
import ctypes
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import ClassVar

import anyio
import msgspec

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.job import Job, Policy
from fleet.queue.registry import Registry
from fleet.queue.retry import Backoff
from fleet.testing.until import until

SOON = Backoff(first=timedelta(milliseconds=1), cap=timedelta(milliseconds=1))
LONG = timedelta(minutes=10)


class Step(Job, frozen=True, kw_only=True):
    """What its handler does is *act*; a *gate* is a file for which it waits first."""

    kind: ClassVar[str] = "step"
    queue: ClassVar[str] = "steps"
    policy: ClassVar[Policy] = Policy(max_attempts=3, time_limit=LONG, backoff=SOON)

    act: str = "end"
    gate: str | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        # In a worker only, and once: the file is there for the first of them.
        if self.act == "die on arrival" and self.gate is not None and "TRACE" in os.environ:
            with suppress(FileNotFoundError):
                Path(self.gate).unlink()
                kill_oneself()


class Other(Step, frozen=True, kw_only=True):
    """The same from a queue of its own, which a job in trouble does not share."""

    kind: ClassVar[str] = "other"
    queue: ClassVar[str] = "others"


class Brief(Step, frozen=True, kw_only=True):
    """The same, which may take half a second."""

    kind: ClassVar[str] = "brief"
    policy: ClassVar[Policy] = Policy(max_attempts=2, time_limit=timedelta(seconds=0.5), backoff=SOON)


class Once(Step, frozen=True, kw_only=True):
    """The same under a key."""

    kind: ClassVar[str] = "once"
    unique_by: ClassVar[tuple[str, ...]] = ("key",)

    key: str


class Took(msgspec.Struct):
    token: int


class Mark(msgspec.Struct, frozen=True):
    """One line of the trace; *at* is the clock that all processes of a machine share."""

    event: str
    job: int
    token: int
    attempt: int
    pid: int
    at: float


def mark(event: str, context: Context) -> None:
    # One write of a line to a file opened for appending is whole, whoever else writes.
    line = msgspec.json.encode(Mark(event, context.id, context.token, context.attempt, os.getpid(), monotonic()))
    with Path(os.environ["TRACE"]).open("ab", buffering=0) as trace:
        trace.write(line + b"\n")


def kill_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Steps:
    """The handlers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def step(self, job: Step, context: Context) -> Took:
        mark("began", context)
        try:
            if job.gate is not None and job.act not in {"die on arrival", "open files"}:
                await until(Gate(job.gate).is_open, within=LONG)
            await self._act(job, context)
        except anyio.get_cancelled_exc_class():
            mark("cancelled", context)
            raise
        mark("ended", context)
        return Took(context.token)

    async def _act(self, job: Step, context: Context) -> None:
        acts: dict[str, Callable[[Step, Context], Awaitable[None]]] = {
            "stay": stay,
            "stay once": stay_once,
            "die": die,
            "block": block,
            "open files": open_files,
            "raise": fail,
            "exit": leave,
            "leave at once": leave_at_once,
            "ignore": ignore_cancellation,
            "leave a task": leave_a_task,
            "leave a thread": leave_a_thread,
            "leave work": leave_work,
        }
        if job.act.startswith("effect"):
            await self._effect(job, context)
        elif job.act in acts:
            await acts[job.act](job, context)

    async def _effect(self, job: Step, context: Context) -> None:
        async with self._pool.transaction() as connection:
            # Under a key of its own an effect that was committed already is found, not repeated.
            await connection.execute("insert into effect values ($1, $2) on conflict do nothing", context.id, "once")
            await connection.execute("insert into effect values ($1, $2)", context.id, f"token {context.token}")
            if "finish" in job.act:
                await context.finish(connection, Took(context.token))
        if job.act.endswith("die") and context.attempt == 1:
            kill_oneself()


async def stay(job: Step, _: Context) -> None:
    with anyio.move_on_after(job.seconds or LONG.total_seconds()):
        await anyio.sleep_forever()


async def stay_once(_job: Step, context: Context) -> None:
    if context.attempt == 1:
        await anyio.sleep_forever()


async def die(_job: Step, _: Context) -> None:
    kill_oneself()


async def block(job: Step, _: Context) -> None:
    """Keep the loop and every other thread of the process waiting, as a call into C that does not let go."""
    ctypes.PyDLL(None).usleep(int(job.seconds * 1_000_000))


async def open_files(job: Step, _: Context) -> None:
    with ExitStack() as files:
        for _number in range(30):
            files.enter_context(Path(os.devnull).open("rb"))
        # Others have theirs open at the same time.
        await until(Gate(str(job.gate)).is_open, within=LONG)


async def fail(job: Step, _: Context) -> None:
    raise ValueError(job.act)


async def leave(_job: Step, _: Context) -> None:
    sys.exit(0)


async def leave_at_once(_job: Step, context: Context) -> None:
    if context.attempt == 1:
        os._exit(0)


async def ignore_cancellation(job: Step, _: Context) -> None:
    """Run on for a while, whoever asks it to stop."""
    end = anyio.current_time() + job.seconds
    while anyio.current_time() < end:
        with suppress(anyio.get_cancelled_exc_class()):
            await anyio.sleep_forever()


LEFT: list[object] = []


async def leave_a_task(_job: Step, _: Context) -> None:
    """One that nobody waits for, and that ignores whoever asks it to stop."""

    async def go_on() -> None:
        while True:
            with suppress(anyio.get_cancelled_exc_class()):
                await anyio.sleep_forever()

    LEFT.append(asyncio.create_task(go_on(), name="forgotten"))


async def leave_a_thread(job: Step, _: Context) -> None:
    threading.Thread(target=sleep, args=[job.seconds], name="forgotten").start()


async def leave_work(job: Step, _: Context) -> None:
    """To one of the threads that the loop keeps for such."""
    LEFT.append(asyncio.get_running_loop().run_in_executor(None, sleep, job.seconds))


class Gate:
    """A file whose being there lets handlers through."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    def __str__(self) -> str:
        return str(self._path)

    def open(self) -> None:
        self._path.touch()

    def close(self) -> None:
        self._path.unlink()

    async def is_open(self) -> bool:
        return self._path.exists()


@asynccontextmanager
async def open_registry(pool: Pool) -> AsyncIterator[Registry]:
    steps = Steps(pool)
    registry = Registry()
    registry.add(Step, steps.step)
    registry.add(Other, steps.step)
    registry.add(Brief, steps.step)
    registry.add(Once, steps.step)
    yield registry
