"""fleet.claim: jobs to a worker, in order, each to one worker, each time with a new token."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import anyio
import pytest

from fleet.db import Pool, RefusedValue, Row, ServerError
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, NOON, Queue, open_queue

MICROSECOND = timedelta(microseconds=1)


async def test_a_claimed_job_runs_with_its_worker(queue: Queue) -> None:
    job = await queue.add(args='{"a": [1, null]}')
    worker = await queue.worker()
    await queue.advance(timedelta(seconds=2))

    (claim,) = await queue.claim(worker)

    live = await queue.live(job)
    assert live is not None
    assert (live["state"], live["worker"], live["claimed_at"]) == ("running", worker, queue.now)
    assert (claim["id"], claim["token"], claim["attempt"], claim["max_attempts"]) == (job, 1, 1, 3)
    assert (claim["args"], claim["waited_ms"], claim["traceparent"]) == ('{"a": [1, null]}', 2000, live["traceparent"])


async def test_a_job_has_waited_since_it_fell_due(queue: Queue) -> None:
    await queue.add(delay=timedelta(seconds=5))
    worker = await queue.worker()
    await queue.advance(timedelta(seconds=7))

    (claim,) = await queue.claim(worker)

    assert claim["waited_ms"] == 2000


async def test_jobs_are_claimed_by_priority_then_age(queue: Queue) -> None:
    jobs = [await queue.add(priority=priority) for priority in (0, 1, -1, 0, -1)]
    worker = await queue.worker()

    order = [(await queue.claim(worker))[0]["id"] for _ in jobs]

    assert order == [jobs[2], jobs[4], jobs[0], jobs[3], jobs[1]]


async def test_a_claim_that_says_where_the_last_one_got_to_takes_what_follows(queue: Queue) -> None:
    first, second, urgent, third = [await queue.add(priority=priority) for priority in (0, 0, -1, 1)]
    worker = await queue.worker()

    claimed = await queue.claim(worker, 2, after=(0, first))

    assert {(row["id"], row["priority"]) for row in claimed} == {(second, 0), (third, 1)}
    assert [row["id"] for row in await queue.claim(worker)] == [urgent]


@pytest.mark.parametrize("priority", [0, -32768])
async def test_what_stands_before_that_place_is_taken_when_too_little_follows(queue: Queue, priority: int) -> None:
    jobs = [await queue.add(priority=priority) for _ in range(4)]
    worker = await queue.worker()

    claimed = await queue.claim(worker, 3, after=(priority, jobs[2]))

    assert {row["id"] for row in claimed} == {jobs[3], jobs[0], jobs[1]}


async def test_what_is_more_urgent_than_that_place_is_taken_too_when_too_little_follows(queue: Queue) -> None:
    first, urgent, second = [await queue.add(priority=priority) for priority in (0, -1, 0)]
    worker = await queue.worker()

    claimed = await queue.claim(worker, 10, after=(0, first))

    assert {row["id"] for row in claimed} == {first, urgent, second}


async def test_the_places_that_are_named_are_those_of_their_queues(queue: Queue) -> None:
    notes = [await queue.add() for _ in range(3)]
    pages = [await queue.add(queue="pages") for _ in range(3)]
    worker = await queue.worker()

    claimed = await queue.connection.fetch(
        "select id from fleet.claim($1, '{note}', '{notes,pages}', '{1,1}', '{null,0}', $2)", worker, [None, pages[1]]
    )

    assert {row["id"] for row in claimed} == {notes[0], pages[2]}


async def test_a_job_that_falls_due_takes_the_place_of_its_id(queue: Queue) -> None:
    early = await queue.add(delay=timedelta(seconds=5))
    late = await queue.add()
    worker = await queue.worker()
    await queue.advance(timedelta(seconds=5))

    order = [(await queue.claim(worker))[0]["id"] for _ in range(2)]

    assert order == [early, late]


async def test_no_more_jobs_are_claimed_than_there_are_free_slots(queue: Queue) -> None:
    for _ in range(5):
        await queue.add()
    worker = await queue.worker()

    assert [len(await queue.claim(worker, 2)) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize("free", [0, -1, None])
async def test_without_a_free_slot_nothing_is_claimed(queue: Queue, free: int | None) -> None:
    await queue.add()

    assert await queue.claim(await queue.worker(), free) == []


async def test_a_queue_without_a_number_of_slots_is_not_claimed_from(queue: Queue) -> None:
    await queue.add()
    worker = await queue.worker()

    claims = await queue.connection.fetch("select id from fleet.claim($1, '{note}', '{pages,notes}', '{1}')", worker)

    assert claims == []


async def test_each_queue_has_its_own_slots(queue: Queue) -> None:
    jobs = [await queue.add(queue=name) for name in ("a", "a", "b", "b", "c")]
    worker = await queue.worker()

    claims = await queue.connection.fetch("select id from fleet.claim($1, '{note}', '{a,b}', '{1,2}')", worker)

    assert {claim["id"] for claim in claims} == {jobs[0], jobs[2], jobs[3]}


async def test_a_kind_the_worker_does_not_know_is_left_alone(queue: Queue) -> None:
    await queue.declare("page")
    page = await queue.add("page")
    note = await queue.add()

    claims = await queue.claim(await queue.worker(), 5)

    assert [claim["id"] for claim in claims] == [note]
    assert await queue.state(page) == "ready"


async def test_a_kind_nobody_declared_waits_untouched(queue: Queue) -> None:
    await queue.connection.execute("insert into fleet.job (kind, queue) values ('ghost', 'notes')")

    assert await queue.claim(await queue.worker(), 5) == []


async def test_a_worker_nobody_knows_may_not_claim(queue: Queue) -> None:
    job = await queue.add()
    await queue.worker()

    with pytest.raises(ServerError, match="has no lease") as refusal:
        await queue.claim(uuid4())

    assert refusal.value.sqlstate == "FL003"
    assert await queue.state(job) == "ready"


async def test_a_worker_whose_lease_ran_out_may_not_claim(queue: Queue) -> None:
    await queue.add()
    worker = await queue.worker()
    await queue.advance(LEASE)

    with pytest.raises(ServerError) as refusal:
        await queue.claim(worker)

    assert refusal.value.sqlstate == "FL003"


async def test_a_dead_worker_may_not_claim_while_it_still_has_jobs_to_be_rescued(queue: Queue) -> None:
    await queue.connection.execute("select fleet.enqueue('note') from generate_series(1, 502)")
    worker = await queue.worker()
    await queue.claim(worker, 501)
    await queue.advance(LEASE)

    with pytest.raises(ServerError) as refusal:
        await queue.claim(worker)

    assert refusal.value.sqlstate == "FL003"


async def test_a_worker_may_claim_until_the_last_instant_of_its_lease(queue: Queue) -> None:
    await queue.add()
    worker = await queue.worker()
    await queue.advance(LEASE - MICROSECOND)

    assert len(await queue.claim(worker)) == 1


async def test_a_renewed_lease_counts_from_now(queue: Queue) -> None:
    worker = await queue.worker()
    await queue.advance(LEASE - MICROSECOND)

    assert await queue.renew(worker)
    await queue.advance(LEASE - MICROSECOND)
    assert await queue.claim(worker) == []


async def test_a_renewal_is_of_one_worker(queue: Queue) -> None:
    worker, other = await queue.worker(), await queue.worker()
    await queue.advance(LEASE - MICROSECOND)
    await queue.renew(worker)

    await queue.advance(MICROSECOND)
    assert not await queue.renew(other)


async def test_a_lease_that_ran_out_cannot_be_renewed(queue: Queue) -> None:
    worker = await queue.worker()
    await queue.advance(LEASE)

    assert not await queue.renew(worker)


async def test_every_claim_of_a_job_has_a_higher_token(queue: Queue) -> None:
    claim = await queue.claimed()
    tokens = [claim["token"]]
    worker = await queue.worker()
    for end in (queue.release, queue.snooze, queue.fail):
        await end(claim, **({} if end == queue.release else {"delay": timedelta(0)}))
        (claim,) = await queue.claim(worker)
        tokens.append(claim["token"])

    assert tokens == sorted(set(tokens))


async def test_each_job_goes_to_one_of_several_claimers(queue: Queue, database: Database) -> None:
    await queue.connection.execute("select fleet.enqueue('note') from generate_series(1, 400)")
    started: list[int] = []

    async def work() -> None:
        async with open_queue(database.url) as other:
            worker = await other.worker()
            while claims := await other.claim(worker, 7):
                started.extend(claim["id"] for claim in claims)
                await other.finish(*claims)

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(work)

    assert len(started) == len(set(started)) == 400
    assert await queue.connection.fetchval("select count(*) from fleet.job_history where outcome = 'done'") == 400


async def test_a_claim_does_not_wait_for_another_that_has_not_committed(queue: Queue, database: Database) -> None:
    first, second = await queue.add(), await queue.add()
    worker = await queue.worker()

    async with open_queue(database.url) as other, other.connection.transaction():
        held = await other.claim(worker)
        with anyio.fail_after(5):
            (claim,) = await queue.claim(worker)

    assert (held[0]["id"], claim["id"]) == (first, second)


async def test_a_claim_that_is_under_way_keeps_its_worker_from_being_rescued(queue: Queue, database: Database) -> None:
    job = await queue.add()
    worker = await queue.worker()

    async with open_queue(database.url) as other, other.connection.transaction():
        await other.claim(worker)
        await queue.advance(LEASE)
        assert await queue.rescue() == 0

    assert await queue.rescue() == 1
    assert await queue.state(job) == "ready"


async def test_a_claim_that_waited_for_its_own_burial_is_refused(queue: Queue, database: Database) -> None:
    job = await queue.add()
    worker = await queue.worker()
    refused: list[str | None] = []

    async with (
        open_queue(database.url) as watcher,
        open_queue(database.url) as late,
        anyio.create_task_group() as tasks,
    ):

        async def claim() -> None:
            with pytest.raises(ServerError) as refusal:
                await late.claim(worker)
            refused.append(refusal.value.sqlstate)

        async with queue.connection.transaction():
            await queue.advance(LEASE)
            await queue.rescue()
            tasks.start_soon(claim)
            await until(partial(watcher.is_waiting, late))

    assert refused == ["FL003"]
    assert await queue.state(job) == "ready"


class TestPoison:
    """One row typed at a prompt must not keep the others from being claimed."""

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("enqueued_at", "'infinity'"),
            ("enqueued_at", "'-infinity'"),
            ("enqueued_at", "'4713-01-01 BC'"),
            ("run_at", "'infinity'"),
            ("run_at", "'4713-01-01 BC'"),
            ("token", "-1"),
            ("token", "2147483647"),
            ("attempt", "3"),
            ("attempt", "-1"),
        ],
    )
    async def test_a_value_that_no_claim_survives_is_refused(self, queue: Queue, column: str, value: str) -> None:
        with pytest.raises(RefusedValue):
            await queue.connection.execute(
                f"insert into fleet.job (kind, queue, {column}) values ('note', 'notes', {value})"
                if column != "attempt"
                else f"insert into fleet.job (kind, queue, attempt, max_attempts) values ('note', 'notes', {value}, 3)"
            )

    async def test_a_strange_row_at_the_head_is_claimed_like_any_other(self, queue: Queue) -> None:
        await queue.connection.execute(
            "insert into fleet.job (kind, queue, priority, args, run_at, enqueued_at, token, max_attempts) values"
            """ ('note', 'notes', -32768, '{"n": 1e1000, "": {"": []}}', '2000-01-01Z', '2199-12-31Z', 7, 1000)"""
        )
        healthy = await queue.add()

        claims = await queue.claim(await queue.worker(), 5)

        assert [claim["id"] for claim in claims][1:] == [healthy]
        assert claims[0]["waited_ms"] < 0

    async def test_a_token_that_can_grow_no_more_is_left_alone(self, queue: Queue) -> None:
        await queue.connection.execute(
            "insert into fleet.job (kind, queue, token) values ('note', 'notes', 1000000000)"
        )
        healthy = await queue.add()

        claims = await queue.claim(await queue.worker(), 5)

        assert [claim["id"] for claim in claims] == [healthy]


class TestPromotion:
    async def test_a_job_is_promoted_when_it_is_due(self, queue: Queue) -> None:
        job = await queue.add(delay=timedelta(minutes=1))

        await queue.advance(timedelta(minutes=1) - MICROSECOND)
        assert (await queue.promote(), await queue.state(job)) == (0, "scheduled")

        await queue.advance(MICROSECOND)
        assert (await queue.promote(), await queue.state(job)) == (1, "ready")

    async def test_every_claim_promotes(self, queue: Queue) -> None:
        job = await queue.add(delay=timedelta(minutes=1))
        await queue.advance(timedelta(minutes=1))

        assert [claim["id"] for claim in await queue.claim(await queue.worker())] == [job]

    async def test_a_promotion_is_bounded_and_begins_with_what_is_longest_due(self, queue: Queue) -> None:
        jobs = [await queue.add(delay=timedelta(minutes=minutes)) for minutes in (3, 1, 2)]
        await queue.advance(timedelta(minutes=5))

        assert await queue.connection.fetchval("select fleet.promote(2)") == 2
        assert [await queue.state(job) for job in jobs] == ["scheduled", "ready", "ready"]

    async def test_two_promotions_share_the_work_without_waiting(self, queue: Queue, database: Database) -> None:
        for _ in range(4):
            await queue.add(delay=timedelta(minutes=1))
        await queue.advance(timedelta(minutes=1))

        async with open_queue(database.url, now=queue.now) as other, other.connection.transaction():
            assert await other.connection.fetchval("select fleet.promote(3)") == 3
            with anyio.fail_after(5):
                assert await queue.promote() == 1

    async def test_jobs_of_one_instant_are_all_promoted(self, queue: Queue) -> None:
        await queue.connection.execute(
            "select fleet.enqueue('note', run_at => $1) from generate_series(1, 1000)", NOON + LEASE
        )
        await queue.advance(LEASE)

        assert [await queue.promote() for _ in range(3)] == [500, 500, 0]

    async def test_a_clock_that_jumped_back_only_delays(self, queue: Queue) -> None:
        job = await queue.add(delay=timedelta(seconds=1))
        await queue.advance(-timedelta(minutes=10))
        assert await queue.promote() == 0

        await queue.advance(timedelta(minutes=11))
        assert await queue.promote() == 1
        assert await queue.state(job) == "ready"


class TestNextDue:
    async def test_without_a_scheduled_job_nothing_is_due(self, queue: Queue) -> None:
        await queue.add()

        assert await queue.next_due() is None

    async def test_the_first_of_the_scheduled_jobs_counts(self, queue: Queue) -> None:
        for seconds in (90, 30.5, 60):
            await queue.add(delay=timedelta(seconds=seconds))

        assert await queue.next_due() == 30.5

    async def test_the_end_of_another_workers_lease_counts(self, queue: Queue) -> None:
        mine, other = await queue.worker(lease=timedelta(seconds=1)), await queue.worker()

        assert await queue.next_due(mine) == LEASE.total_seconds()
        assert await queue.next_due(other) == 1

    async def test_a_workers_own_lease_does_not_count(self, queue: Queue) -> None:
        assert await queue.next_due(await queue.worker()) is None

    async def test_a_worker_that_was_retired_is_due_now(self, queue: Queue) -> None:
        mine, other = await queue.worker(), await queue.worker()
        await queue.connection.execute("update fleet.worker set lease_until = '-infinity' where id = $1", other)

        assert await queue.next_due(mine) == 0

    async def test_what_is_overdue_is_due_now(self, queue: Queue) -> None:
        await queue.add(delay=timedelta(seconds=1))
        await queue.advance(timedelta(hours=1))

        assert await queue.next_due() == 0


async def test_held_by_names_what_a_worker_runs(queue: Queue) -> None:
    for _ in range(4):
        await queue.add()
    mine, other = await queue.worker(), await queue.worker()
    claims: list[Row] = await queue.claim(mine, 2)
    await queue.claim(other, 2)
    await queue.finish(claims[0])

    assert [tuple(row) for row in await queue.held_by(mine)] == [(claims[1]["id"], claims[1]["token"], False)]


async def test_locked_names_what_another_session_holds(queue: Queue, pool: Pool) -> None:
    free, held, unknown = await queue.add(), await queue.add(), 1_000_000

    async with pool.transaction() as holding:
        await holding.execute("select from fleet.job where id = $1 for share", held)
        locked = await queue.connection.fetch("select fleet.locked($1)", [free, held, unknown])

    assert [tuple(row) for row in locked] == [(held,)]
    assert await queue.connection.fetch("select fleet.locked($1)", [free, held, unknown]) == []


async def test_the_clock_of_the_queue_is_the_servers_unless_a_session_moves_it(queue: Queue) -> None:
    assert await queue.connection.fetchval("select fleet.now()") == NOON

    await queue.connection.execute("reset fleet.now")
    drift = datetime.now(UTC) - await queue.connection.fetchval("select fleet.now()")
    assert abs(drift) < timedelta(seconds=10)
