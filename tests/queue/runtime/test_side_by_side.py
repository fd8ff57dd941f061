"""Jobs that wait run side by side, those that do not share a task, and neither notices."""

from contextvars import ContextVar

import anyio
from structlog.testing import capture_logs

from fleet.db import Connection, Pool
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.claim import Claimed
from fleet.queue.context import Context
from fleet.queue.ledger import Running
from tests.queue.kinds import Greet, Hasty
from tests.queue.runtime.conftest import Ask, Working

SETTING: ContextVar[str] = ContextVar("setting", default="as it was")
VALUE: ContextVar[object] = ContextVar("value")


async def test_jobs_that_wait_for_nothing_share_a_task(working: Working, ask: Ask) -> None:
    tasks: list[int] = []

    async def greet(_job: Greet, _: Context) -> None:
        tasks.append(anyio.get_current_task().id)

    jobs = [await ask.enqueue(Greet()) for _ in range(50)]
    async with working(greet, slots={"greetings": 50}):
        for job in jobs:
            await ask.finished(job)

    assert len(tasks) == 50
    assert len(set(tasks)) < 10


async def test_jobs_that_wait_are_all_under_way_at_once(working: Working, ask: Ask) -> None:
    inside = 0
    all_inside = anyio.Event()

    async def greet(_job: Greet, _: Context) -> None:
        nonlocal inside
        inside += 1
        if inside == 50:
            all_inside.set()
        await all_inside.wait()

    jobs = [await ask.enqueue(Greet()) for _ in range(50)]
    async with working(greet, slots={"greetings": 50}):
        ended = [(await ask.finished(job))["outcome"] for job in jobs]

    assert ended == ["done"] * 50


async def test_what_a_handler_sets_in_its_context_is_gone_in_the_next_job(working: Working, ask: Ask) -> None:
    seen: list[str] = []

    async def greet(_job: Greet, _: Context) -> None:
        seen.append(SETTING.get())
        SETTING.set("changed")

    jobs = [await ask.enqueue(Greet()) for _ in range(20)]
    async with working(greet, slots={"greetings": 20}):
        for job in jobs:
            await ask.finished(job)

    assert seen == ["as it was"] * 20


class _Incomparable:
    """Like an array, of which nobody can say whether it equals another."""

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]  # as of everything that cannot be compared


async def test_what_a_handler_puts_into_its_context_is_not_compared(working: Working, ask: Ask) -> None:
    async def greet(_job: Greet, _: Context) -> None:
        VALUE.set(_Incomparable())

    VALUE.set(_Incomparable())
    jobs = [await ask.enqueue(Greet()) for _ in range(20)]
    async with working(greet, slots={"greetings": 20}):
        ended = [(await ask.finished(job))["outcome"] for job in jobs]

    assert ended == ["done"] * 20


async def test_the_time_limit_of_a_job_that_waits_holds_while_others_come_and_go(working: Working, ask: Ask) -> None:
    async def greet(job: Greet, _: Context) -> None:
        if job.name == "slow":
            await anyio.sleep_forever()

    slow = [await ask.enqueue(Hasty(name="slow")) for _ in range(3)]
    quick = [await ask.enqueue(Hasty(name="quick")) for _ in range(20)]
    async with working(greet, kind=Hasty, slots={"greetings": 30}):
        ended = [await ask.finished(job) for job in (*slow, *quick)]

    assert [one["error_class"] for one in ended] == ["TimeLimitExceeded"] * 3 + [None] * 20


async def test_a_job_that_has_ended_is_not_stopped_any_more() -> None:
    running, scope = Running(Claimed(1, 1, "greet", "greetings", "{}", 1, 3, None, 0)), anyio.CancelScope()
    running.enter(scope, deadline=float("inf"))
    running.unwind()
    running.lose()
    running.cancel()
    running.interrupt()

    assert not scope.cancel_called


async def test_of_what_went_well_and_was_quick_there_is_no_line_but_for_debugging(
    working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(job: Greet, _: Context) -> None:
        if job.name == "slow":
            await pool.execute("select pg_sleep(0.15)")
        if job.name == "broken":
            raise RuntimeError

    with capture_logs() as lines:
        async with working(greet):
            jobs = {name: await ask.enqueue(Greet(name=name)) for name in ("quick", "slow", "broken")}
            await ask.finished(jobs["quick"])
            await ask.finished(jobs["slow"])
            await ask.finished(jobs["broken"])

    levels = {line["job"]: line["log_level"] for line in lines if line["event"] == "job.ended"}
    assert levels == {jobs["quick"]: "debug", jobs["slow"]: "info", jobs["broken"]: "info"}


async def test_an_urgent_job_is_not_kept_waiting_by_a_backlog_that_is_worked_off(
    working: Working, ask: Ask, conn: Connection
) -> None:
    ran: list[str] = []
    all_ran = anyio.Event()

    async def greet(job: Greet, _: Context) -> None:
        ran.append(job.name)
        if len(ran) == 1000:
            await ask.enqueue(Greet(name="urgent"), priority=-1)
        if len(ran) == 20_001:
            all_ran.set()

    await enqueue_bulk(conn, [Greet()] * 20_000)
    async with working(greet, slots={"greetings": 1000}):
        with anyio.fail_after(60):
            await all_ran.wait()

    assert ran.index("urgent") < 15_000
