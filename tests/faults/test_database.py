"""PostgreSQL is stopped, killed, frozen, full, closed, read-only, locked, or answers with errors."""

import os
import signal
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from statistics import median
from time import monotonic
from uuid import uuid4

import anyio
import pytest

from fleet.db import Connection, ConnectionFailure, Pool, ServerError, connect
from fleet.errors import DatabaseUnavailable, InvalidJob
from fleet.queue.enqueue import enqueue
from fleet.queue.outcome import Done
from fleet.queue.store import Identity, Store
from fleet.queue.watermark import MANY, Watermarks
from fleet.testing.ask import Ask
from fleet.testing.database import Database
from fleet.testing.server import OwnServer
from fleet.testing.until import until as until_true
from tests.faults.conftest import LEASE, PATIENCE, Scene
from tests.faults.steps import Once, Other, Step
from tests.queue.sql.session import open_queue

LONG_LEASE = timedelta(seconds=15)
HOUR = timedelta(hours=1)
SOON = timedelta(seconds=3)
SLOW = pytest.mark.faults


@pytest.fixture
def database(server: OwnServer) -> Database:
    return server.database


async def terminate_all(pool: "Pool | Connection") -> int:
    """End every connection of every worker; returns how many there were."""
    ended: int = await pool.fetchval(
        "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity"
        " where application_name ~ '^fleet-(testing|listen|lease|keep)'"
    )
    assert ended > 0
    return ended


async def test_a_worker_holds_no_transaction_while_its_handlers_run(scene: Scene, ask: Ask, pool: Pool) -> None:
    await scene.start(lease=LONG_LEASE)
    waiting = await ask.enqueue(Step(gate=str(scene.gate)))
    await scene.marked("began", waiting)
    oldest, sessions = timedelta(0), 0
    others = [await ask.enqueue(Other(seconds=0.05)) for _ in range(40)]

    async def sample() -> None:
        nonlocal oldest, sessions
        while True:
            seen = await pool.fetch(
                "select count(*) as sessions, coalesce(max(clock_timestamp() - xact_start), '0') as oldest"
                " from pg_stat_activity where application_name ~ '^fleet-(testing|listen|lease|keep)'"
            )
            oldest, sessions = max(oldest, seen[0]["oldest"]), max(sessions, seen[0]["sessions"])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sample)
        await scene.ended(*others)
        tasks.cancel_scope.cancel()
    scene.gate.open()
    await scene.ended(waiting)

    assert sessions >= 3
    assert oldest < timedelta(seconds=1)


async def test_a_job_that_somebody_holds_keeps_no_other_job_from_ending(
    scene: Scene, ask: Ask, conn: Connection, pool: Pool
) -> None:
    await scene.start(lease=LONG_LEASE)
    held = await ask.enqueue(Step(gate=str(scene.gate)))
    await scene.marked("began", held)

    async with conn.transaction():
        await conn.execute("select from fleet.job where id = $1 for update", held)
        scene.gate.open()
        await scene.marked("ended", held)
        await until_true(lambda: pool.fetchval("select count(*) from pg_locks where not granted"), what="its end waits")
        others = [await ask.enqueue(Other()) for _ in range(3)]
        ended = await scene.ended(*others)
        still_waits = await pool.fetchval("select state = 'running' from fleet.job where id = $1", held)

    assert ended == [(job, 1) for job in others]
    assert still_waits
    assert await scene.ended(held) == [(held, 1)]


async def test_a_worker_whose_connections_are_all_ended_works_on_and_repeats_nothing(
    scene: Scene, ask: Ask, pool: Pool
) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)
    running = await ask.enqueue(Step(gate=str(scene.gate)))
    await scene.marked("began", running)
    before = await worker.id()

    assert await terminate_all(pool) >= 3
    ended_at = monotonic()
    after = await ask.enqueue(Other())
    began = await scene.marked("began", after)
    scene.gate.open()

    assert await scene.ended(running, after) == [(running, 1), (after, 1)]
    assert began[0].at - ended_at < SOON.total_seconds()
    assert await worker.id() == before


@pytest.mark.parametrize("way", ["immediate", *(pytest.param(way, marks=SLOW) for way in ("fast", "kill"))])
async def test_a_worker_survives_a_restart_of_postgresql_and_repeats_nothing(
    scene: Scene, ask: Ask, server: OwnServer, way: str
) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)
    running = await ask.enqueue(Step(gate=str(scene.gate)))
    await scene.marked("began", running)
    await stop(server, way)
    await scene.says(worker, "reconcile.failed")

    await server.start()
    accepts_at = monotonic()
    after = await ask.enqueue(Other())
    began = await scene.marked("began", after)
    scene.gate.open()

    assert await scene.ended(running, after) == [(running, 1), (after, 1)]
    assert began[0].at - accepts_at < SOON.total_seconds()
    assert len(scene.marks("began", running)) == 1
    assert worker.text().count("worker.started") == 1


async def stop(server: OwnServer, way: str) -> None:
    if way == "kill":
        await server.kill()
    elif way == "fast":
        await server.stop("fast")
    else:
        await server.stop("immediate")


async def test_what_ended_while_postgresql_was_down_is_written_when_it_is_back(
    scene: Scene, ask: Ask, server: OwnServer
) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)
    jobs = [await ask.enqueue(Step(gate=str(scene.gate))) for _ in range(10)]
    await scene.marked("began", times=10)

    await server.stop("immediate")
    scene.gate.open()
    await scene.marked("ended", times=10)
    await scene.says(worker, "finish.failed")
    await server.start()

    assert await scene.ended(*jobs) == [(job, 1) for job in jobs]
    assert len(scene.marks("began")) == 10


@pytest.mark.faults
async def test_a_worker_stops_its_handlers_before_its_lease_ends_when_postgresql_is_gone(
    scene: Scene, ask: Ask, server: OwnServer
) -> None:
    (worker,) = await scene.start()
    job = await ask.enqueue(Step(act="stay once"))
    began = await scene.marked("began", job)

    await server.stop("immediate")
    down_at = monotonic()
    cancelled = await scene.marked("cancelled", job)
    await scene.says(worker, "worker.not_registered", times=3)
    await server.start()

    # It was renewed at most a fifth of a lease before, and is trusted for four fifths.
    assert cancelled[0].at - down_at < LEASE.total_seconds()
    assert cancelled[0].token == began[0].token
    assert await scene.ended(job) == [(job, 2)]
    assert await ask.story(job) == [("lost", 1, "WorkerLost")]


@pytest.mark.faults
async def test_a_frozen_postgresql_costs_handlers_their_job_and_no_worker_its_life(
    scene: Scene, ask: Ask, server: OwnServer
) -> None:
    (worker,) = await scene.start()
    job = await ask.enqueue(Step(act="stay once"))
    await scene.marked("began", job)

    await server.freeze()
    await scene.marked("cancelled", job)
    await server.thaw()

    assert await scene.ended(job) == [(job, 2)]
    assert not worker.dead


@pytest.mark.faults
async def test_a_worker_waits_for_a_postgresql_that_is_full_and_works_when_there_is_room(
    scene: Scene, ask: Ask, server: OwnServer, database: Database, conn: Connection
) -> None:
    await conn.execute("alter system set max_connections = 20")
    await conn.execute("alter system set superuser_reserved_connections = 0")
    await server.stop()
    await server.start()
    (worker,) = await scene.start(lease=LONG_LEASE)
    job = await ask.enqueue(Step(gate=str(scene.gate)))
    await scene.marked("began", job)

    async with AsyncExitStack() as visitors:
        first = await visitors.enter_async_context(connect(database.url, application="visitor"))
        await fill(visitors, database)
        assert await terminate_all(first) >= 3

        async def refused() -> bool:
            # The worker may have been quicker than the visitors.
            await first.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^fleet-'"
            )
            await fill(visitors, database)
            return worker.text().count("TooManyConnectionsError") >= 3

        await until_true(refused, within=PATIENCE)
    scene.gate.open()
    after = await ask.enqueue(Other())

    assert await scene.ended(job, after) == [(job, 1), (after, 1)]
    assert not worker.dead


async def fill(visitors: AsyncExitStack, database: Database) -> None:
    """Take every connection that the server has left."""
    with suppress(DatabaseUnavailable):
        while True:
            await visitors.enter_async_context(connect(database.url, application="visitor"))


async def test_a_worker_that_may_not_log_in_says_so_without_an_address_and_works_when_it_may(
    scene: Scene, ask: Ask, pool: Pool, conn: Connection
) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)

    await conn.execute("alter role postgres nologin")
    await terminate_all(pool)
    await scene.says(worker, "InvalidAuthorizationSpecificationError", times=3)
    await conn.execute("alter role postgres login")
    job = await ask.enqueue(Step())

    assert await scene.ended(job) == [(job, 1)]
    assert "postgresql://" not in worker.text()
    assert not worker.dead


@pytest.mark.faults
async def test_a_worker_waits_while_the_database_is_read_only(scene: Scene, pool: Pool, conn: Connection) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)

    await conn.execute("alter database postgres set default_transaction_read_only = on")
    await terminate_all(pool)
    await scene.says(worker, "ReadOnlySQLTransactionError", times=3)
    await conn.execute("set default_transaction_read_only = off")
    await conn.execute("alter database postgres reset default_transaction_read_only")
    await terminate_all(pool)
    job = (await enqueue(conn, Step())).id

    assert await scene.ended(job) == [(job, 1)]
    assert not worker.dead


@pytest.mark.faults
async def test_a_locked_table_of_jobs_costs_no_lease_and_repeats_nothing(
    scene: Scene, ask: Ask, pool: Pool, conn: Connection
) -> None:
    (worker,) = await scene.start()
    job = await ask.enqueue(Step(gate=str(scene.gate)))
    await scene.marked("began", job)
    before = await worker.id()
    renewed = "select lease_until > $2::timestamptz from fleet.worker where id = $1"
    lease_until = await pool.fetchval("select lease_until from fleet.worker where id = $1", before)

    async with conn.transaction():
        await conn.execute("lock table fleet.job in access exclusive mode")
        scene.gate.open()
        await scene.marked("ended", job)
        # A whole lease and more, with the end of the job on its way.
        await until_true(
            lambda: pool.fetchval(renewed, before, lease_until + 2 * LEASE), within=PATIENCE, what="it was renewed"
        )
        waiting = await pool.fetchval("select count(*) from pg_locks where not granted")

    assert waiting > 0
    assert await scene.ended(job) == [(job, 1)]
    assert len(scene.marks("began", job)) == 1
    assert await worker.id() == before


FAULT = """
    create sequence faults;
    create function fail_now_and_then() returns trigger language plpgsql as $$
    begin
        if nextval('public.faults') <= 3 then
            raise exception sqlstate '{sqlstate}' using message = 'a fault';
        end if;
        return null;
    end $$;
    create trigger fail_now_and_then after {event} on fleet.job
    for each row execute function fail_now_and_then();
"""


@pytest.mark.parametrize(
    ("event", "sqlstate"),
    [
        ("delete", "40001"),
        *(
            pytest.param(event, sqlstate, marks=SLOW)
            for event in ("update", "delete")
            for sqlstate in ("40001", "40P01", "57014", "53100", "XX000")
            if (event, sqlstate) != ("delete", "40001")
        ),
    ],
)
async def test_a_statement_that_fails_is_repeated_and_the_job_is_done_once(
    scene: Scene, ask: Ask, pool: Pool, event: str, sqlstate: str
) -> None:
    await scene.start(lease=LONG_LEASE)
    await pool.execute(FAULT.format(sqlstate=sqlstate, event=event))

    job = await ask.enqueue(Step(act="effect"))

    assert await scene.ended(job) == [(job, 1)]
    assert await pool.fetchval("select last_value from faults") == 4
    assert len(scene.marks("began", job)) == 1
    assert await pool.fetchval("select count(*) from effect where what = 'once'") == 1


@pytest.mark.faults
async def test_a_claim_that_is_too_slow_is_given_up_and_the_next_one_takes_the_job(
    scene: Scene, ask: Ask, pool: Pool
) -> None:
    await pool.execute("alter database postgres set statement_timeout = '500 ms'")
    (worker,) = await scene.start(lease=LONG_LEASE)
    await pool.execute(
        """
        create function dawdle() returns trigger language plpgsql as $$
        begin perform pg_sleep(30); return new; end $$;
        create trigger dawdle before update on fleet.job for each row execute function dawdle();
        """
    )

    job = await ask.enqueue(Step())
    await scene.says(worker, "claim.failed", times=2)
    await pool.execute("drop trigger dawdle on fleet.job")

    assert "QueryCanceledError" in worker.text()
    assert await scene.ended(job) == [(job, 1)]


LOSE_ANSWER = """
    create sequence lost;
    create function lose_answer() returns trigger language plpgsql as $$
    begin
        if nextval('public.lost') = 1 then
            set local synchronous_commit = on;
        end if;
        return null;
    end $$;
    create trigger lose_answer after {event} on fleet.job for each row execute function lose_answer();
"""


async def commits_are_not_answered(server: OwnServer, pool: Pool, event: str) -> None:
    """Let the first transaction with *event* on a job wait for a standby that is not there, once it is committed."""
    await pool.execute("alter system set synchronous_standby_names = 'nobody'")
    await pool.execute("alter system set synchronous_commit = local")
    await pool.execute(LOSE_ANSWER.format(event=event))
    await server.stop()
    await server.start()


async def lose_answer(pool: Pool) -> None:
    """End the connection whose transaction is committed and waits for a standby that is not there."""
    waiting = await until_true(
        lambda: pool.fetchval("select pid from pg_stat_activity where wait_event = 'SyncRep'"),
        within=PATIENCE,
        what="a commit is not answered",
    )
    assert await pool.fetchval("select pg_terminate_backend($1, 5000)", waiting)


@pytest.mark.parametrize("event", [pytest.param("update", id="claim", marks=SLOW), pytest.param("delete", id="end")])
async def test_a_commit_whose_answer_was_lost_is_neither_lost_nor_repeated(
    scene: Scene, ask: Ask, server: OwnServer, pool: Pool, event: str
) -> None:
    await commits_are_not_answered(server, pool, event)
    (worker,) = await scene.start(lease=LONG_LEASE)

    job = await ask.enqueue(Step(act="effect"))
    await lose_answer(pool)
    after = await ask.enqueue(Other())

    assert await scene.ended(job, after) == [(job, 1), (after, 1)]
    assert len(scene.marks("began", job)) == 1
    assert worker.text().count("worker.started") == 1


async def test_a_job_under_a_key_is_there_once_though_the_answer_to_its_enqueue_was_lost(
    server: OwnServer, pool: Pool, database: Database
) -> None:
    async def enqueue_in_vain() -> None:
        async with connect(database.url, application="producer") as producer:
            with pytest.raises((*ConnectionFailure, ServerError)):
                await enqueue(producer, Once(key="only"))

    await commits_are_not_answered(server, pool, "insert")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(enqueue_in_vain)
        await lose_answer(pool)

    async with pool.acquire() as connection:
        again = await enqueue(connection, Once(key="only"))
    assert not again.inserted
    assert await pool.fetchval("select count(*) from fleet.job") == 1


@pytest.mark.faults
async def test_numbers_beyond_32_bits_are_numbers_of_jobs_like_others(scene: Scene, ask: Ask, pool: Pool) -> None:
    await scene.start()
    await pool.execute(f"alter sequence fleet.job_id_seq restart {2**31 + 5}")

    job = await ask.enqueue(Step(act="effect and finish"))

    assert job == 2**31 + 5
    assert await scene.ended(job) == [(job, 1)]


@pytest.mark.faults
async def test_when_the_numbers_of_jobs_are_used_up_the_producer_is_told(scene: Scene, ask: Ask, pool: Pool) -> None:
    await scene.start()
    await pool.execute(f"alter sequence fleet.job_id_seq restart {2**63 - 1}")

    last = await ask.enqueue(Step())
    with pytest.raises(InvalidJob, match="reached maximum value of sequence"):
        await ask.enqueue(Step())

    assert await scene.ended(last) == [(2**63 - 1, 1)]


@pytest.mark.faults
async def test_the_settings_of_a_role_change_nothing(scene: Scene, conn: Connection, pool: Pool, ask: Ask) -> None:
    for setting in ("timezone = 'Asia/Kolkata'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'"):
        await conn.execute(f"alter role postgres set {setting}")
    await scene.start()

    enqueued_at = monotonic()
    job = await ask.enqueue(Step(act="raise"), delay=timedelta(seconds=0.5))
    began = await scene.marked("began", job, times=3)
    await scene.ended(job, outcome="failed")

    assert [mark.attempt for mark in began] == [1, 2, 3]
    assert began[0].at - enqueued_at >= 0.5
    settings = await pool.fetchval("select setconfig from pg_db_role_setting where setrole = 'postgres'::regrole")
    assert settings == ["TimeZone=Asia/Kolkata", "DateStyle=SQL, DMY", "IntervalStyle=sql_standard"]


@pytest.mark.faults
async def test_a_listener_whose_process_at_the_server_is_frozen_is_replaced(scene: Scene, ask: Ask, pool: Pool) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)
    listener = await until_true(
        lambda: pool.fetchval("select pid from pg_stat_activity where application_name like 'fleet-listen-%'"),
        within=PATIENCE,
    )

    os.kill(listener, signal.SIGSTOP)
    try:
        await scene.says(worker, "listener.lost")
        job = await ask.enqueue(Step())
        ended = await scene.ended(job)
    finally:
        os.kill(listener, signal.SIGCONT)

    assert ended == [(job, 1)]
    assert worker.text().count("worker.started") == 1


@SLOW
async def test_claims_stay_quick_though_nothing_is_vacuumed(database: Database) -> None:
    batch, rounds = 500, 200
    async with open_queue(database.url) as queue:
        connection = queue.connection
        await connection.execute("alter table fleet.job set (autovacuum_enabled = off)")
        worker = await queue.worker(lease=timedelta(hours=1))
        seconds: list[float] = []
        sizes: list[int] = []

        for _ in range(rounds):
            await connection.execute("select fleet.enqueue('step', '{}') from generate_series(1, $1)", batch)
            began = monotonic()
            claims = await queue.claim(worker, batch, queues=["steps"], kinds=["step"])
            seconds.append(monotonic() - began)
            await queue.finish(*claims)
            sizes.append(await connection.fetchval("select pg_relation_size('fleet.job_ready')"))

        vacuumed = await connection.fetchval("select autovacuum_count from pg_stat_user_tables where relname = 'job'")

    tenth = rounds // 10
    assert len(claims) == batch
    assert vacuumed == 0
    assert median(seconds[-tenth:]) <= 3 * median(seconds[:tenth])
    # Nothing but a vacuum gives its pages back.
    assert sizes[-1] <= 64 * batch * rounds


@SLOW
async def test_claims_stay_quick_beside_an_old_snapshot(database: Database, pool: Pool) -> None:
    beside_none = await _claimed_in_fifties(pool, jobs=5_000)
    async with (
        connect(database.url, application="fleet-tests") as old,
        old.transaction(isolation="repeatable_read"),
    ):
        await old.fetchval("select count(*) from fleet.job")
        beside_old = await _claimed_in_fifties(pool, jobs=50_000)

        async def unwell() -> bool:
            detail = await pool.fetchval("select detail from fleet.health() where \"check\" = 'dead rows' and not ok")
            return detail is not None and "the oldest transaction is" in detail

        await until_true(unwell, within=PATIENCE)

    assert _p95(beside_old) <= 3 * _p95(beside_none)


async def _claimed_in_fifties(pool: Pool, *, jobs: int) -> list[float]:
    """Work off so many jobs as a worker does, and return the seconds that its claims took."""
    slots = {"steps": MANY}
    store, watermarks = Store(pool), Watermarks(slots)
    worker, seconds = uuid4(), list[float]()
    await store.register(worker, Identity(service="s", replica="r", version="v", pid=1), ["steps"], ["step"], HOUR)
    await pool.execute("select fleet.enqueue('step', '{}') from generate_series(1, $1)", jobs)
    for _ in range(jobs // MANY):
        asked_at = monotonic()
        claims = await store.claim(worker, ["step"], slots, watermarks.after(slots, asked_at))
        seconds.append(monotonic() - asked_at)
        watermarks.note(slots, claims, asked_at, asked_at + seconds[-1])
        assert len(claims) == MANY
        await store.finish([(claim.key, Done(None)) for claim in sorted(claims, key=lambda claim: claim.id)])
    return seconds


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 95 // 100]
