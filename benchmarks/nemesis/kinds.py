"""What the workers under attack run: handlers that end in every way, and say so in a journal."""

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

import anyio
import msgspec

from benchmarks.nemesis.journal import Journal
from fleet.db import Pool
from fleet.errors import Fail, Snooze
from fleet.queue.context import Context
from fleet.queue.job import Job, Policy
from fleet.queue.registry import Registry
from fleet.queue.retry import Backoff, RetryBudget

REGISTRY = "benchmarks.nemesis.kinds:open_registry"
QUEUE = "nemesis"
JOURNAL, LIFE = "NEMESIS_JOURNAL", "NEMESIS_LIFE"
SCHEMA = "create table public.nemesis_effect (job bigint not null, token integer not null)"

Act = Literal["rest", "raise", "poison", "fail", "snooze", "finish", "block", "child", "kill"]
_SOON = timedelta(milliseconds=50)
_PATIENT = Policy(
    # More often than a run can lose one job: what ends for want of attempts then is a finding.
    max_attempts=30,
    time_limit=timedelta(minutes=5),
    backoff=Backoff(first=_SOON, cap=timedelta(milliseconds=200)),
    retry_budget=RetryBudget(share=1.0, per_minute=100_000),
)
_LOOK = timedelta(milliseconds=100)


class Work(Job, frozen=True, kw_only=True):
    """*mark* is the producer's own name for the job, by which it is found though no answer came."""

    kind: ClassVar[str] = "nemesis_work"
    queue: ClassVar[str] = QUEUE
    policy: ClassVar[Policy] = _PATIENT
    fair_by: ClassVar[str | None] = "tenant"

    mark: str
    act: Act = "rest"
    seconds: float = 0.0
    tenant: str | None = None


class Single(Work, frozen=True, kw_only=True):
    kind: ClassVar[str] = "nemesis_single"
    fair_by: ClassVar[str | None] = None
    unique_by: ClassVar[tuple[str, ...]] = ("key",)

    key: str


class Deadly(Work, frozen=True, kw_only=True):
    """May be tried three times, as is the default."""

    kind: ClassVar[str] = "nemesis_deadly"
    policy: ClassVar[Policy] = msgspec.structs.replace(_PATIENT, max_attempts=3)


KINDS: tuple[type[Work], ...] = (Work, Single, Deadly)


class Report(msgspec.Struct):
    token: int


@asynccontextmanager
async def open_registry(pool: Pool) -> AsyncIterator[Registry]:
    journal = Journal(Path(os.environ[JOURNAL]), os.environ[LIFE])
    handle = partial(_handle, journal, pool)
    registry = Registry()
    for kind in KINDS:
        registry.add(kind, handle)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_note_stalls, journal)
        yield registry
        tasks.cancel_scope.cancel()
    journal.close()


async def _handle(journal: Journal, pool: Pool, job: Work, context: Context) -> Report | None:
    with _noted(journal, context):
        first = context.token == 1
        match job.act:
            case "raise" if first:
                raise RuntimeError("the first attempt of this job goes wrong")
            case "poison" if first:
                raise ValueError("a \x00 byte and half a character: \ud800")
            case "fail":
                raise Fail("this job is beyond help")
            case "snooze" if first:
                raise Snooze("not yet", after=_SOON)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "block":
                time.sleep(job.seconds)  # noqa: ASYNC251  # what such a handler is about
            case "child":
                await anyio.run_process(["sleep", str(job.seconds)])
            case "finish":
                await _finish_within(journal, pool, context)
                return None
            case _:
                await anyio.sleep(job.seconds)
        journal.write("end", job=context.id, token=context.token, how="returned")
        return Report(context.token)


async def _finish_within(journal: Journal, pool: Pool, context: Context) -> None:
    async with pool.transaction() as connection:
        await connection.execute("insert into public.nemesis_effect values ($1, $2)", context.id, context.token)
        # Before the commit: whoever is killed right after it has completed the job all the same.
        journal.write("end", job=context.id, token=context.token, how="returned")
        await context.finish(connection, Report(context.token))


@contextmanager
def _noted(journal: Journal, context: Context) -> Iterator[None]:
    journal.write("start", job=context.id, token=context.token)
    ended = "returned"
    try:
        yield
    except anyio.get_cancelled_exc_class():
        ended = "cancelled"
        raise
    except Exception as error:
        ended = type(error).__name__
        raise
    finally:
        if ended != "returned":
            journal.write("end", job=context.id, token=context.token, how=ended)


async def _note_stalls(journal: Journal) -> None:
    """Note when this process stood still, whoever made it: a handler, or a machine that is too busy."""
    while True:
        before = time.monotonic()
        await anyio.sleep(_LOOK.total_seconds())
        seconds = time.monotonic() - before - _LOOK.total_seconds()
        if seconds > _LOOK.total_seconds():
            journal.write("stall", seconds=seconds)
