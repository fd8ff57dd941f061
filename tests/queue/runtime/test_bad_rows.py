"""Rows and messages that somebody typed, beside a worker at work: it goes on, and the next job runs soon."""

import io
from collections.abc import Iterator
from datetime import timedelta

import anyio
import pytest
import structlog

from fleet import log
from fleet.db import Connection, Pool
from fleet.queue.context import Context
from fleet.queue.enqueue import enqueue, enqueue_many
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.asleep import asleep
from tests.queue.kinds import Greet, Greeting
from tests.queue.runtime.claims import Claims
from tests.queue.runtime.conftest import Ask, Working

# Far below the thirty seconds after which a worker that was not woken looks again; a busy machine needs some of it.
SOON = timedelta(seconds=5)


JOB = "insert into fleet.job (kind, queue, {columns}) values ('greet', 'greetings', {values})"
# Each different from the others, because PostgreSQL folds equal ones.
FLOOD = r"""
    do $$ begin
        for number in 1..10000 loop
            perform pg_notify('fleet_wake', 'garbage ' || number);
            perform pg_notify('fleet_cancel', '\xff{' || number);
            -- One that counts, a thousand times.
            if number % 10 = 0 then
                perform pg_notify('fleet_wake', 'greetings');
                commit;
            end if;
        end loop;
    end $$
"""
STRANGE = [
    "insert into fleet.job (kind, queue, priority) values ('unheard_of', 'greetings', -32768)",
    "insert into fleet.job (kind, queue) values ('greet', 'no_worker_serves_it')",
    JOB.format(columns="run_at, enqueued_at", values="'2000-01-01Z', '2199-12-31Z'"),
    JOB.format(columns="max_attempts, token, interruptions", values="1000, 999999, 10000"),
    JOB.format(columns="unique_key", values="e'\\u202e\\n\"%s{}'"),
    JOB.format(columns="state, run_at", values="'scheduled', '2000-01-01Z'"),
    JOB.format(columns="run_at", values="'2199-12-31Z'"),
    JOB.format(
        columns="state, worker, claimed_at, attempt, token",
        values="'running', gen_random_uuid(), '2199-12-31Z', 3, 1",
    ),
    "insert into fleet.queue (name, paused_at, paused_by) values ('other', '-infinity', '')",
    "insert into fleet.queue (name, paused_at, paused_by, resume_at) values ('other', now(), 'me', 'infinity')",
    """
    insert into fleet.worker (id, service, replica, version, pid, queues, kinds, started_at, lease_until)
    values (gen_random_uuid(), 'immortal', 'r', 'v', 1, '{}', '{}', 'infinity', 'infinity')
    """,
    JOB.format(columns="token, priority", values="1000000000, -32768"),
    # A running job of a dead worker, so that every claim tries to rescue it.
    """
    with dead as (
        insert into fleet.worker (id, service, replica, version, pid, queues, kinds, started_at, lease_until)
        values (gen_random_uuid(), 'dead', 'r', 'v', 1, '{}', '{}', now(), now()) returning id
    )
    insert into fleet.job (kind, queue, state, worker, claimed_at, attempt, token, interruptions)
    select 'greet', 'greetings', 'running', dead.id, now(), 1, 1000000000, 10000 from dead
    """,
    "select fleet.limit_rate('greetings', 1000); update fleet.meter set tokens = 'NaN'",
    "select fleet.limit_rate('greetings', 1000); insert into fleet.meter values ('greetings', 'NaN', now())",
    "select fleet.limit_rate('greetings', 1000); insert into fleet.meter values ('greetings', 1, 'infinity')",
    "select fleet.limit_rate('greetings', 1000); insert into fleet.meter values ('greetings', -1e300, '-infinity')",
    "update fleet.sweep set swept_at = 'infinity', after_queue = 'zzz'",
    "update fleet.sweep set swept_at = '-infinity'",
    "delete from fleet.sweep",
    "insert into fleet.freed_key values ('', ''), ('greetings', 'x')",
    "insert into fleet.queue (name, ageing) values ('greetings', '290000 years')",
    "insert into fleet.queue (name, ageing) values ('greetings', '1 us')",
    "insert into fleet.queue (name, max_running) values ('greetings', 2147483647)",
    JOB.format(columns="fair_key", values="e'\\n\\u202e'"),
    JOB.format(columns="state, fair_key", values="'held', 'x'"),
    JOB.format(columns="state, fair_key", values="'arriving', 'x'"),
    JOB.format(columns="state", values="'arriving'"),
    "insert into fleet.queue_depth_limit values ('greetings', 2147483647)",
    """
    insert into fleet.worker (id, service, replica, version, pid, queues, kinds, started_at, lease_until)
    values (gen_random_uuid(), '', '', '', -1, '{{a,b},{c,d}}', '{null}', '-infinity', '-infinity')
    """,
    "update fleet.kind set max_attempts = 1, time_limit = '1 us', defaults = '[]', unique_by = '{a,null}'",
    """
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, enqueued_at, finished_at)
    values (-1, '', '', 'done', 0, 'null', 0, 0, '-infinity', '4713-01-01 BC')
    """,
    "insert into fleet.attempt (job_id, token, attempt, outcome, ended_at) values (-1, -1, -1, 'snoozed', 'infinity')",
]


async def greet(_job: Greet, _: Context) -> Greeting:
    return Greeting("hello")


async def require_next_job_soon(ask: Ask, pool: Pool) -> None:
    job = await ask.enqueue(Greet())
    ended = await ask.finished(job)
    waited = await pool.fetchval("select finished_at - enqueued_at from fleet.job_history where id = $1", job)

    assert ended["outcome"] == "done"
    assert waited < SOON


@pytest.mark.parametrize("typed", STRANGE)
async def test_a_strange_row_keeps_no_job_waiting(working: Working, ask: Ask, pool: Pool, typed: str) -> None:
    async with working(greet) as worker:
        await until(lambda: asleep(pool))
        await pool.execute(typed)

        await require_next_job_soon(ask, pool)

        assert worker.code is None


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ('{"name": 7}', r"`$.name`"),
        ('{"name": null}', r"`$.name`"),
        ('{"name": {"name": "Ada"}}', r"`$.name`"),
        ('{"nam": "Ada"}', "unknown field `nam`"),
        ('{"name": 1e400}', r"`$.name`"),
        ('{"name": ' + "9" * 5000 + "}", r"`$.name`"),
        ('{"name": ' + "[" * 60 + "]" * 60 + "}", r"`$.name`"),
        ('{"$v": "two"}', "the version of arguments must be a number from 1 on"),
        ('{"$v": 1e400}', "InvalidJob"),
        ('{"$v": ' + "9" * 5000 + "}", "InvalidJob"),
        ('{"$v": 99}', "arguments of greet are newer than this release knows"),
    ],
    ids=lambda text: text[:24],
)
async def test_arguments_that_fit_no_job_fail_at_their_first_attempt_and_keep_no_job_waiting(
    working: Working, ask: Ask, pool: Pool, args: str, reason: str
) -> None:
    async with working(greet) as worker:
        await until(lambda: asleep(pool))
        bad = await pool.fetchval("select id from fleet.enqueue('greet', $1::text::jsonb)", args)

        await require_next_job_soon(ask, pool)
        ended = await ask.finished(bad)

        assert worker.code is None
    assert (ended["outcome"], ended["error_class"], ended["attempt"]) == ("failed", "InvalidJob", 1)
    assert reason in f"{ended['error_class']}: {ended['error_message']}"


async def test_a_flood_of_notifications_costs_few_claims_and_keeps_no_job_waiting(
    working: Working, ask: Ask, pool: Pool, conn: Connection, database: Database
) -> None:
    claims = Claims(conn, database)
    await claims.watch()

    async with working(greet) as worker:
        await until(lambda: asleep(pool))
        async with pool.acquire() as hand, hand.transaction():
            # The first message that counts begins a claim, and the others come while it waits.
            await hand.execute("lock table fleet.job in exclusive mode")
            await pool.execute(FLOOD)

        await require_next_job_soon(ask, pool)

        assert worker.code is None
    assert await claims.count() <= 20


async def test_a_running_row_that_is_set_to_ready_by_hand_runs_anew_and_its_first_run_writes_nothing(
    working: Working, ask: Ask, pool: Pool
) -> None:
    may_end = {1: anyio.Event(), 2: anyio.Event()}
    out: list[int] = []

    async def greet(job: Greet, context: Context) -> Greeting:
        if job.name == "twice":
            await may_end[context.token].wait()
            out.append(context.token)
        return Greeting(f"run {context.token}")

    async def both_are_out() -> bool:
        return out == [1, 2]

    async with working(greet) as worker:
        await until(lambda: asleep(pool))
        job = await ask.enqueue(Greet(name="twice"))
        await ask.in_state(job, "running")
        await pool.execute("update fleet.job set state = 'ready', worker = null, claimed_at = null")
        await pool.execute("select fleet.wake('{greetings}')")
        await ask.in_state(job, "running")
        may_end[1].set()
        await require_next_job_soon(ask, pool)
        may_end[2].set()
        ended = await ask.finished(job)
        await until(both_are_out)

        assert worker.code is None
    assert (ended["outcome"], ended["result"]) == ("done", '{"text": "run 2"}')


@pytest.mark.parametrize("typed", ["truncate fleet.job", "delete from fleet.job"])
async def test_jobs_that_are_emptied_away_while_they_run_stop_and_the_worker_goes_on(
    working: Working, ask: Ask, pool: Pool, typed: str
) -> None:
    stopped: list[str] = []

    async def greet(job: Greet, _: Context) -> None:
        if job.name == "world":
            return
        try:
            await anyio.sleep_forever()
        finally:
            stopped.append(job.name)

    async with working(greet, reconcile_pause=timedelta(milliseconds=50)) as worker:
        await until(lambda: asleep(pool))
        for name in ("Ada", "Bob"):
            await ask.in_state(await ask.enqueue(Greet(name=name)), "running")
        await pool.execute(typed)

        await require_next_job_soon(ask, pool)

        async def both_stopped() -> bool:
            return sorted(stopped) == ["Ada", "Bob"]

        await until(both_stopped)
        assert worker.code is None


async def test_one_end_that_cannot_be_stored_among_two_hundred_keeps_none_of_the_others_waiting(
    working: Working, ask: Ask, pool: Pool
) -> None:
    all_here, arrived = anyio.Event(), 0

    async def greet(job: Greet, _: Context) -> Greeting:
        nonlocal arrived
        arrived += 1
        if arrived == 200:
            all_here.set()
        await all_here.wait()
        return Greeting(text=job.name)

    bad = await ask.enqueue(Greet(name="\U0001f600"))
    good = [await ask.enqueue(Greet()) for _ in range(199)]
    # Stands for whatever PostgreSQL may refuse about one row of a batch.
    await pool.execute(
        "alter table fleet.job_history add constraint no_smiles check (strpos(result::text, '\U0001f600') = 0)"
    )
    async with working(greet, slots={"greetings": 200}):
        ended = await ask.finished(bad)
        outcomes = {(await ask.finished(job))["outcome"] for job in good}

    lasted = await pool.fetchval("select max(finished_at) - min(finished_at) from fleet.job_history")
    assert outcomes == {"done"}
    assert (ended["outcome"], ended["error_message"]) == (
        "failed",
        "PostgreSQL refused to store how this job ended",
    )
    assert lasted < SOON


@pytest.fixture
def logged() -> Iterator[io.BytesIO]:
    """What the worker logs, as it would on the platform."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="utf-8")
    log.configure(service="test", stream=stream)
    yield written
    structlog.reset_defaults()


async def test_an_error_whose_text_can_neither_be_stored_nor_logged_keeps_none_of_a_hundred_jobs_waiting(
    logged: io.BytesIO, working: Working, ask: Ask, pool: Pool
) -> None:
    async def greet(job: Greet, _: Context) -> None:
        if job.name == "bad":
            secret = "ghp_" + "abcd" * 9
            raise ValueError(f"a NUL \x00, a lone surrogate \ud800, {secret}, and much more: " + "x" * 2_000_000)

    async with working(greet) as worker:
        await until(lambda: asleep(pool))
        async with pool.transaction() as connection:
            bad = (await enqueue(connection, Greet(name="bad"))).id
            good = await enqueue_many(connection, [Greet()] * 100)
        outcomes = {(await ask.finished(job.id))["outcome"] for job in good}
        ended = await ask.finished(bad)
        assert worker.code is None

    waited = await pool.fetchval("select max(finished_at - enqueued_at) from fleet.job_history where outcome = 'done'")
    raised = [line for line in logged.getvalue().splitlines() if b"job.raised" in line]
    assert outcomes == {"done"}
    assert waited < SOON
    assert ended["error_message"].startswith("a NUL ␀, a lone surrogate ?, ***, and")
    assert len(ended["error_message"].encode()) <= 8192
    assert len(raised) == 3
    assert all(len(line) < 10_000 and b"ghp_" not in line and b"ValueError" in line for line in raised)
