"""Every statement inside the queue's functions finds its rows by the index that is there for it.

auto_explain reports what the functions really run, so that a statement and its test cannot drift apart.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from fleet.db import Connection, Row
from fleet.testing.database import Database, Template
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, Queue, open_queue

RUNNING = 1000
DEAD, ALIVE = UUID(int=1), UUID(int=2)


class Plans:
    """The plans of the statements that a session ran."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts: list[str] = []
        self.listening = False

    async def listen(self) -> None:
        self._connection.add_log_listener(lambda _connection, message: self._texts.append(message.as_dict()["message"]))
        await self._connection.execute(
            "load 'auto_explain'; set client_min_messages = log; set auto_explain.log_min_duration = 0;"
            "set auto_explain.log_nested_statements = on"
        )
        self.listening = True

    async def of(self, part: str) -> str:
        """Return the plan of the one statement whose text has *part* in it."""

        async def found() -> list[str]:
            return [text for text in self._texts if part in " ".join(text.partition("\nUpdate on")[0].split())]

        return (await until(found, what=f"a plan of: {part}"))[-1]

    def scans(self) -> str:
        """All scans of the table of jobs, one a line."""
        lines = [line.strip() for text in self._texts for line in text.splitlines()]
        return "\n".join(line for line in lines if "Scan" in line and " on job " in f"{line} ")


@pytest.fixture(scope="module", params=["analyzed", "never analyzed"])
async def busy(template: Template, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """20,000 ready, 5,000 scheduled and 1,000 running jobs; or the same, as the planner sees it after a burst."""
    async with template.copy() as database, open_queue(database.url) as queue:
        connection = queue.connection
        await queue.declare("note")
        if request.param == "never analyzed":
            await connection.execute("alter table fleet.job set (autovacuum_enabled = off); analyze fleet.job")
        await connection.execute(_FILL)
        if request.param == "analyzed":
            await connection.execute("analyze")
        yield database


_FILL = f"""
    select fleet.register_worker('{DEAD}', 's', 'r', 'v', 1, '{{notes}}', '{{note}}', '15 s');
    select fleet.register_worker('{ALIVE}', 's', 'r', 'v', 1, '{{notes}}', '{{note}}', '1 day');
    insert into fleet.job (kind, queue, priority, unique_key, enqueued_at)
    select 'note', (array['notes', 'pages'])[1 + n % 2], n % 3, 'k' || n, fleet.now()
    from generate_series(1, 20000) as n;
    insert into fleet.job (kind, queue, state, run_at)
    select 'note', 'notes', 'scheduled', fleet.now() + n * interval '1 s' from generate_series(1, 5000) as n;
    insert into fleet.job (kind, queue, state, worker, claimed_at, attempt, token)
    select 'note', 'notes', 'running', (array['{DEAD}', '{ALIVE}'])[1 + n % 2]::uuid, fleet.now(), 1, 1
    from generate_series(1, {RUNNING}) as n
"""


@pytest.fixture(params=["auto", "force_generic_plan"])
async def planned(busy: Database, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Queue, Plans]]:
    """A session whose plans are seen, and whose changes are rolled back."""
    async with open_queue(busy.url) as queue:
        transaction = queue.connection.transaction()
        await transaction.start()
        await queue.connection.execute(f"set plan_cache_mode = {request.param}")
        plans = Plans(queue.connection)
        await plans.listen()
        yield queue, plans
        await transaction.rollback()


async def _held(queue: Queue) -> list[Row]:
    """Fifty running jobs; finding them is not what a test explains."""
    await queue.connection.execute("load 'auto_explain'; set auto_explain.log_min_duration = -1")
    held = await queue.connection.fetch("select id, token from fleet.held_by($1) limit 50", ALIVE)
    await queue.connection.execute("set auto_explain.log_min_duration = 0")
    return held


async def test_claim_reads_the_head_of_a_queue(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert len(await queue.claim(ALIVE, 50)) == 50

    plan = await plans.of("update fleet.job as taken")
    assert "Index Scan using job_ready on job head" in plan
    assert "job_pkey" in plan
    assert "Sort" not in plan
    assert "Seq Scan on job" not in plans.scans()


async def test_promote_reads_what_is_due(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.advance(timedelta(seconds=10))

    assert await queue.promote() == 10

    assert "job_scheduled" in await plans.of("with promoted as")
    assert "Seq Scan on job" not in plans.scans()


async def test_rescue_reads_what_a_dead_worker_ran(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.advance(LEASE)

    assert await queue.rescue() == RUNNING / 2

    assert "job_running" in await plans.of("with orphan as")
    assert "Seq Scan on job" not in plans.scans()


async def test_held_by_reads_what_a_worker_runs(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert len(await queue.held_by(ALIVE)) == RUNNING / 2

    assert "job_running" in await plans.of("select job.id, job.token from fleet.job as job where job.state = 'running'")
    assert "Seq Scan on job" not in plans.scans()


async def test_next_due_reads_one_row(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert await queue.next_due() == 1

    assert "using job_scheduled on job" in await plans.of("as ahead")
    assert "Seq Scan on job" not in plans.scans()


@pytest.mark.parametrize("ending", ["finish", "fail", "snooze", "release"])
async def test_an_ending_finds_each_job_by_its_id(planned: tuple[Queue, Plans], ending: str) -> None:
    queue, plans = planned
    held = await _held(queue)

    accepted = await getattr(queue, ending)(*held)

    assert len(accepted) == 50
    assert await plans.of("ended")
    scans = plans.scans().splitlines()
    assert scans
    assert [line for line in scans if "Index Scan using job_pkey on job" not in line] == []


async def test_progress_finds_its_job_by_its_id(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    (claim, *_) = await _held(queue)

    assert await queue.report(claim)

    assert "Index Scan using job_pkey on job" in await plans.of("update fleet.job as job set progress")


async def test_enqueue_finds_the_job_that_has_its_key(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert not (await queue.enqueue(unique_key="k7"))["inserted"]

    assert "using job_unique on job live" in await plans.of("select live.id from fleet.job as live")
    assert "Seq Scan on job" not in plans.scans()


async def test_enqueue_finds_the_job_that_waits_under_its_key(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.declare("sync", unique_scope="waiting")
    await queue.add("sync", unique_key="k7")

    assert not (await queue.enqueue("sync", unique_key="k7"))["inserted"]

    assert "using job_unique_waiting on job live" in await plans.of("and live.unique_scope = 'waiting'")
    assert "Seq Scan on job" not in plans.scans()


async def test_a_depth_is_counted_no_further_than_its_limit(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.connection.execute("select fleet.limit_depth('notes', 20000)")

    await queue.add()

    plan = await plans.of("select count(*) from")
    assert "using job_ready on job" in plan
    assert "using job_waiting on job" in plan
    assert "Seq Scan on job" not in plans.scans()


@pytest.mark.parametrize("call", ["claim", "promote", "rescue", "finish", "fail", "snooze", "release"])
async def test_a_plan_made_while_the_table_was_empty_is_still_good_after_a_burst(queue: Queue, call: str) -> None:
    """A worker keeps its plans until the next analyze, and idles on an empty table before it is busy."""
    await queue.connection.execute("set plan_cache_mode = force_generic_plan")
    idle = await queue.worker(lease=timedelta(hours=1))
    plans = Plans(queue.connection)
    for _ in range(2):
        match call:
            case "claim":
                await queue.claim(idle, 10)
            case "promote" | "rescue":
                await queue.advance(LEASE)
                await getattr(queue, call)()
            case _:
                await getattr(queue, call)(*await _held(queue))
        if not plans.listening:
            await queue.connection.execute(_FILL)
            await plans.listen()

    assert plans.scans()
    assert "Seq Scan on job" not in plans.scans()
