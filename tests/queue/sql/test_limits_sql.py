"""What a queue may do over the whole fleet: how much at once, how fast, and how long urgent jobs may go first."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID

import anyio
import pytest

from fleet.db import ServerError
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.listener import Listener
from tests.queue.sql.session import LEASE, NOON, Queue, open_queue

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
NOW = timedelta(0)


@pytest.fixture
async def worker(queue: Queue) -> UUID:
    return await queue.worker(lease=timedelta(days=30))


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Queue]:
    async with open_queue(database.url) as other:
        yield other


async def limit(queue: Queue, most: int | None, name: str = "notes") -> None:
    await queue.connection.execute("select fleet.limit_queue($1, $2)", name, most)


async def limit_rate(queue: Queue, jobs: int | None, per: timedelta = SECOND, burst: int | None = None) -> None:
    await queue.connection.execute("select fleet.limit_rate('notes', $1, $2, $3)", jobs, per, burst)


async def take_token(queue: Queue) -> timedelta:
    wait: timedelta = await queue.connection.fetchval("select fleet.take_token('notes')")
    return wait


async def fill(session: Queue, count: int, kind: str = "note", **named: Any) -> list[int]:
    return [(await session.enqueue(kind, **named))["id"] for _ in range(count)]


async def why(queue: Queue, job: int) -> list[str]:
    return [row[0] for row in await queue.connection.fetch("select fleet.why($1)", job)]


class TestRunning:
    async def test_no_more_run_at_once_than_the_limit(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 5)
        await limit(queue, 3)

        assert len(await queue.claim(worker, 2)) == 2
        assert len(await queue.claim(worker, 2)) == 1
        assert await queue.claim(worker, 2) == []

    async def test_the_end_of_a_job_makes_room(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 3)
        await limit(queue, 1)
        (claim,) = await queue.claim(worker, 3)

        await queue.finish(claim)

        assert len(await queue.claim(worker, 3)) == 1

    async def test_a_rescue_makes_room(self, queue: Queue) -> None:
        await fill(queue, 2)
        await limit(queue, 1)
        await queue.claim(await queue.worker(), 3)
        await queue.advance(LEASE)

        assert len(await queue.claim(await queue.worker(), 3)) == 1

    async def test_other_queues_do_not_count(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 2)
        await fill(queue, 2, queue="pages")
        await limit(queue, 1)

        assert len(await queue.claim(worker, 5, queues=["pages"])) == 2
        assert len(await queue.claim(worker, 5)) == 1

    async def test_a_lower_limit_takes_nothing_until_there_is_room(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 3)
        first, second = await queue.claim(worker, 2)
        await limit(queue, 1)

        assert await queue.claim(worker, 2) == []
        await queue.finish(first)
        assert await queue.claim(worker, 2) == []
        await queue.finish(second)

        assert len(await queue.claim(worker, 2)) == 1

    async def test_without_the_limit_all_run(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 3)
        await limit(queue, 1)
        await limit(queue, None)

        assert len(await queue.claim(worker, 5)) == 3

    async def test_none_may_run(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 1)
        await limit(queue, 0)

        assert await queue.claim(worker) == []

    async def test_two_claims_at_once_keep_the_limit_together(self, queue: Queue, other: Queue, worker: UUID) -> None:
        await fill(queue, 4)
        await limit(queue, 1)
        second = await queue.worker()

        claims: list[object] = []

        async def claim() -> None:
            claims.extend(await queue.claim(second, 2))

        async with anyio.create_task_group() as tasks, other.connection.transaction():
            assert len(await other.claim(worker, 2)) == 1
            tasks.start_soon(claim)
            await until(partial(other.is_waiting, queue), what="the second claim waits for the first")

        assert claims == []

    async def test_claims_in_repeatable_read_keep_it_too(self, queue: Queue, other: Queue, worker: UUID) -> None:
        await fill(queue, 4)
        await limit(queue, 2)
        await queue.claim(worker, 1)

        transaction = other.connection.transaction(isolation="repeatable_read")
        await transaction.start()
        await other.connection.execute("select")
        assert len(await queue.claim(worker, 1)) == 1
        with pytest.raises(ServerError, match="could not serialize"):
            await other.claim(worker, 1)
        await transaction.rollback()

    async def test_claims_of_an_unlimited_queue_wait_for_nobody(self, queue: Queue, other: Queue, worker: UUID) -> None:
        await fill(queue, 2)

        async with other.connection.transaction():
            assert len(await other.claim(worker, 1)) == 1
            assert len(await queue.claim(worker, 1)) == 1

    async def test_claims_of_a_queue_whose_limit_was_lifted_wait_for_nobody(
        self, queue: Queue, other: Queue, worker: UUID
    ) -> None:
        await fill(queue, 3)
        await limit(queue, 1)
        await queue.claim(worker)
        await limit(queue, None)

        async with other.connection.transaction():
            assert len(await other.claim(worker)) == 1
            with anyio.fail_after(5):
                assert len(await queue.claim(worker)) == 1

    async def test_claims_of_two_limited_queues_wait_for_nobody(self, queue: Queue, other: Queue, worker: UUID) -> None:
        for name in ("notes", "pages"):
            await fill(queue, 2, queue=name)
            await limit(queue, 2, name)
            await queue.claim(worker, queues=[name])

        async with other.connection.transaction():
            assert len(await other.claim(worker)) == 1
            with anyio.fail_after(5):
                assert len(await queue.claim(worker, queues=["pages"])) == 1

    async def test_a_claim_that_waits_for_a_queue_holds_none_of_a_later_name(
        self, queue: Queue, other: Queue, database: Database, worker: UUID
    ) -> None:
        for name in ("atlas", "pages"):
            await fill(queue, 2, queue=name)
            await limit(queue, 2, name)

        async with (
            open_queue(database.url) as late,
            anyio.create_task_group() as tasks,
            other.connection.transaction(),
        ):
            await other.claim(worker, queues=["atlas"])
            tasks.start_soon(partial(late.claim, worker, queues=["pages", "atlas"]))
            await until(partial(queue.is_waiting, late), what="a claim waits for the first queue")
            with anyio.fail_after(5):
                assert len(await queue.claim(worker, queues=["pages"])) == 1

    async def test_a_claim_that_takes_nothing_writes_nothing(self, queue: Queue, worker: UUID) -> None:
        await limit(queue, 2)
        await limit_rate(queue, 2)
        await queue.claim(worker)
        before = await queue.connection.fetchval("select ctid from fleet.meter")

        assert await queue.claim(worker) == []

        assert await queue.connection.fetchval("select ctid from fleet.meter") == before

    async def test_a_change_of_limits_that_is_not_committed_keeps_no_claim_waiting(
        self, queue: Queue, other: Queue, worker: UUID
    ) -> None:
        await fill(queue, 2)
        await limit(queue, 1)

        async with other.connection.transaction():
            await limit(other, 2)
            await other.pause()
            assert len(await queue.claim(worker, 2)) == 1

    @pytest.mark.parametrize("ending", ["finish", "fail", "release", "snooze"])
    async def test_an_ending_wakes_those_who_met_the_limit(
        self, queue: Queue, listener: Listener, worker: UUID, ending: str
    ) -> None:
        await fill(queue, 2)
        await limit(queue, 1)
        (claim,) = await queue.claim(worker)

        await listener.heard()

        await getattr(queue, ending)(claim)

        assert await listener.heard() == ["notes"]

    @pytest.mark.parametrize("ending", ["finish", "fail"])
    async def test_an_ending_in_an_unlimited_queue_wakes_nobody(
        self, queue: Queue, listener: Listener, worker: UUID, ending: str
    ) -> None:
        await fill(queue, 2)
        await queue.connection.execute("select fleet.set_ageing('notes', '10 min')")
        await fill(queue, 1, queue="pages")
        await limit(queue, 1, "pages")
        (claim,) = await queue.claim(worker)

        await listener.heard()

        await getattr(queue, ending)(claim)

        assert await listener.heard() == []

    async def test_an_ending_with_nothing_ready_wakes_nobody(
        self, queue: Queue, listener: Listener, worker: UUID
    ) -> None:
        await fill(queue, 1)
        await fill(queue, 1, delay=MINUTE)
        await fill(queue, 1, queue="pages")
        await limit(queue, 1)
        (claim,) = await queue.claim(worker)

        await listener.heard()

        await queue.finish(claim)

        assert await listener.heard() == []

    async def test_a_waiting_job_says_that_its_queue_is_full(self, queue: Queue, worker: UUID) -> None:
        _, second = await fill(queue, 2)
        await limit(queue, 1)
        await queue.claim(worker)

        assert await why(queue, second) == ["queue notes has 1 of 1 jobs running"]


class TestRate:
    async def test_no_more_begin_than_the_burst_and_then_the_rate(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 20)
        await limit_rate(queue, 2, per=MINUTE, burst=5)

        begun = [len(await queue.claim(worker, 10))]
        for _ in range(4):
            await queue.advance(timedelta(seconds=20))
            begun.append(len(await queue.claim(worker, 10)))

        assert begun == [5, 0, 1, 1, 0]

    async def test_the_burst_is_what_the_rate_lets_through_unless_told(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 20)
        await limit_rate(queue, 3, per=MINUTE)

        assert len(await queue.claim(worker, 10)) == 3

    async def test_a_quiet_while_saves_no_more_than_the_burst(self, queue: Queue, worker: UUID) -> None:
        await limit_rate(queue, 2, per=MINUTE, burst=4)
        await queue.advance(timedelta(days=1))
        await fill(queue, 20)

        assert len(await queue.claim(worker, 10)) == 4

    async def test_what_was_not_claimed_is_kept(self, queue: Queue, worker: UUID) -> None:
        await limit_rate(queue, 2, per=MINUTE, burst=4)
        await fill(queue, 1)
        await queue.claim(worker, 10)
        await fill(queue, 10)

        assert len(await queue.claim(worker, 10)) == 3

    async def test_each_queue_has_a_rate_of_its_own(self, queue: Queue, worker: UUID) -> None:
        await limit_rate(queue, 1, per=MINUTE)
        await queue.connection.execute("select fleet.limit_rate('pages', 5, '1 min')")
        for name in ("notes", "pages"):
            for _ in range(5):
                await queue.add(queue=name)
        await queue.claim(worker, 1, queues=["pages"])

        assert len(await queue.claim(worker, 5)) == 1
        assert len(await queue.claim(worker, 5, queues=["pages"])) == 4

    async def test_what_is_no_job_takes_its_tokens_or_hears_how_long_to_wait(self, queue: Queue) -> None:
        await limit_rate(queue, 2, per=MINUTE, burst=2)

        waits = [await take_token(queue) for _ in range(3)]
        await queue.advance(timedelta(seconds=20))
        waits.append(await take_token(queue))
        await queue.advance(timedelta(seconds=10))
        waits.append(await take_token(queue))

        assert waits == [NOW, NOW, timedelta(seconds=30), timedelta(seconds=10), NOW]

    async def test_without_a_rate_a_token_is_there_for_everybody(self, queue: Queue) -> None:
        assert {await take_token(queue) for _ in range(50)} == {NOW}

    async def test_a_token_that_somebody_takes_is_not_taken_twice(self, queue: Queue, other: Queue) -> None:
        await limit_rate(queue, 1, per=MINUTE)
        waits: list[timedelta] = []

        async def take() -> None:
            waits.append(await take_token(queue))

        async with anyio.create_task_group() as tasks, other.connection.transaction():
            assert await take_token(other) == NOW
            tasks.start_soon(take)
            await until(partial(other.is_waiting, queue), what="the second waits for the first")

        assert waits == [MINUTE]

    async def test_a_clock_that_goes_back_gives_nothing(self, queue: Queue, worker: UUID) -> None:
        await limit_rate(queue, 1, per=MINUTE)
        await fill(queue, 5)
        await queue.claim(worker)

        await queue.set_clock(NOON - timedelta(hours=1))
        assert await queue.claim(worker) == []
        await queue.set_clock(NOON + timedelta(seconds=59))
        assert await queue.claim(worker) == []
        await queue.set_clock(NOON + MINUTE)

        assert len(await queue.claim(worker, 5)) == 1

    async def test_a_clock_that_goes_back_takes_nothing_away(self, queue: Queue, worker: UUID) -> None:
        await limit_rate(queue, 1, per=MINUTE, burst=2)
        await fill(queue, 5)
        await queue.claim(worker)

        await queue.set_clock(NOON - timedelta(hours=1))
        assert len(await queue.claim(worker, 5)) == 1
        await queue.set_clock(NOON)

        assert await queue.claim(worker) == []

    async def test_a_worker_sleeps_until_the_next_job_may_begin(self, queue: Queue, worker: UUID) -> None:
        await limit_rate(queue, 1, per=MINUTE)
        await fill(queue, 2)
        await queue.claim(worker)
        await queue.advance(timedelta(seconds=15))

        assert await queue.connection.fetchval("select fleet.next_due($1)", worker) == 45

    async def test_it_sleeps_on_when_nothing_is_ready(self, queue: Queue, worker: UUID) -> None:
        await limit_rate(queue, 1, per=MINUTE)
        await fill(queue, 1)
        await queue.claim(worker)

        assert await queue.connection.fetchval("select fleet.next_due($1)", worker) is None

    async def test_without_the_limit_all_begin_and_a_new_one_begins_with_a_full_burst(
        self, queue: Queue, worker: UUID
    ) -> None:
        await limit_rate(queue, 1, per=MINUTE, burst=2)
        await fill(queue, 10)
        assert len(await queue.claim(worker, 5)) == 2

        await limit_rate(queue, None)
        assert len(await queue.claim(worker, 5)) == 5
        await limit_rate(queue, 1, per=MINUTE, burst=2)

        assert len(await queue.claim(worker, 5)) == 2

    async def test_both_limits_hold_together(self, queue: Queue, worker: UUID) -> None:
        await fill(queue, 10)
        await limit_rate(queue, 5, per=MINUTE)
        await limit(queue, 2)
        first, second = await queue.claim(worker, 10)
        await queue.finish(first, second)

        assert len(await queue.claim(worker, 10)) == 2
        assert await queue.claim(worker, 10) == []

    async def test_a_waiting_job_says_when_the_next_begins(self, queue: Queue, worker: UUID) -> None:
        _, second = await fill(queue, 2)
        await limit_rate(queue, 1, per=MINUTE)
        await queue.claim(worker)
        await queue.advance(timedelta(seconds=15))

        assert await why(queue, second) == ["queue notes begins at most 1 job in 00:01:00: the next in 45.0 s"]

    async def test_every_reason_is_told_at_once(self, queue: Queue, worker: UUID) -> None:
        await queue.connection.execute("select fleet.limit_keys('notes', 1)")
        _, _, third = await fill(queue, 3, fair_key="k")
        await limit_rate(queue, 1, per=MINUTE)
        await limit(queue, 1)
        await queue.claim(worker)
        await queue.pause(reason="deploy")
        await queue.connection.execute("update fleet.worker set lease_until = '-infinity'")

        reasons = await why(queue, third)

        assert [reason.split(" is paused by ")[0] for reason in reasons] == [
            "key 'k' has 1 of 1 jobs of queue notes ready or running, and this one is held behind 1",
            "queue notes",
            "queue notes has 1 of 1 jobs running",
            "queue notes begins at most 1 job in 00:01:00: the next in 60.0 s",
            "no worker is alive",
        ]


class TestAgeing:
    async def test_a_job_behind_more_urgent_ones_is_claimed_once_it_has_waited_too_long(
        self, queue: Queue, worker: UUID
    ) -> None:
        await queue.connection.execute("select fleet.set_ageing('notes', '10 min')")
        (patient,) = await fill(queue, 1, priority=5)
        await queue.advance(timedelta(minutes=10))
        claimed: list[int] = []

        # One look in ten takes it: that none of 400 does will not happen.
        for _ in range(400):
            await fill(queue, 1)
            claimed += [claim["id"] for claim in await queue.claim(worker)]
            if patient in claimed:
                break

        assert patient in claimed

    async def test_what_has_waited_too_long_is_out_of_the_order_in_which_a_place_can_be_named(
        self, queue: Queue, worker: UUID
    ) -> None:
        await queue.connection.execute("select fleet.set_ageing('notes', '10 min')")
        (patient,) = await fill(queue, 1, priority=5)
        await queue.advance(timedelta(minutes=10))
        priorities: dict[int, int | None] = {}

        while patient not in priorities:
            (first, _) = await fill(queue, 2)
            priorities |= {row["id"]: row["priority"] for row in await queue.claim(worker, after=(0, first))}

        assert priorities.pop(patient) is None
        assert set(priorities.values()) <= {0}

    async def test_until_then_the_more_urgent_ones_go_first(self, queue: Queue, worker: UUID) -> None:
        (patient,) = await fill(queue, 1, priority=5)
        await queue.advance(timedelta(minutes=5) - SECOND)
        claimed: list[int] = []

        for _ in range(50):
            await fill(queue, 1)
            claimed += [claim["id"] for claim in await queue.claim(worker)]

        assert patient not in claimed

    async def test_urgent_jobs_keep_most_of_the_claims(self, queue: Queue, worker: UUID) -> None:
        patient = set(await fill(queue, 200, priority=5))
        await queue.advance(timedelta(hours=1))
        claimed: set[int] = set()

        for _ in range(200):
            await fill(queue, 1)
            claimed |= {claim["id"] for claim in await queue.claim(worker)}

        assert 0 < len(claimed & patient) < 80

    async def test_all_free_slots_are_filled_whatever_has_aged(self, queue: Queue, worker: UUID) -> None:
        # Looks that begin with what has aged find one job there.
        for _ in range(100):
            await fill(queue, 1, priority=5)
            await queue.advance(timedelta(minutes=6))
            await fill(queue, 5)
            claims = await queue.claim(worker, 4)
            assert len(claims) == 4
            await queue.finish(*sorted(claims, key=itemgetter("id")))
            await queue.finish(*sorted(await queue.claim(worker, 10), key=itemgetter("id")))

    async def test_the_priority_whose_first_job_has_waited_longest_is_next(self, queue: Queue) -> None:
        await fill(queue, 1, priority=9)
        await queue.advance(MINUTE)
        await fill(queue, 1, priority=5)
        await fill(queue, 1, priority=0)
        await queue.advance(timedelta(minutes=10))

        next_one = await queue.connection.fetchval("select fleet.longest_waiting('notes', '{note}', fleet.now())")

        assert next_one == 9

    async def test_the_most_urgent_wait_behind_nobody(self, queue: Queue) -> None:
        await fill(queue, 3)
        await queue.advance(timedelta(hours=1))

        assert await queue.connection.fetchval("select fleet.longest_waiting('notes', '{note}', fleet.now())") is None

    @pytest.mark.parametrize("change", ["kind = 'other'", "queue = 'pages'", "state = 'scheduled'"])
    @pytest.mark.parametrize("priority", [0, 9])
    async def test_what_the_claim_cannot_take_does_not_count(self, queue: Queue, change: str, priority: int) -> None:
        await fill(queue, 1, priority=priority)
        await queue.connection.execute(f"update fleet.job set {change}")
        await fill(queue, 1, priority=5)
        await queue.advance(timedelta(hours=1))

        assert await queue.connection.fetchval("select fleet.longest_waiting('notes', '{note}', fleet.now())") is None

    @pytest.mark.parametrize("moment", ["run_at", "enqueued_at"])
    async def test_a_job_waits_from_when_it_is_there_and_due(self, queue: Queue, moment: str) -> None:
        await fill(queue, 1)
        await fill(queue, 1, priority=5)
        await queue.advance(timedelta(hours=1))
        await queue.connection.execute(f"update fleet.job set {moment} = fleet.now()")

        assert await queue.connection.fetchval("select fleet.longest_waiting('notes', '{note}', fleet.now())") is None

    async def test_the_ageing_of_another_queue_does_not_count(self, queue: Queue) -> None:
        await queue.connection.execute("select fleet.set_ageing('pages', '1 min')")
        await fill(queue, 1)
        await fill(queue, 1, priority=5)
        await queue.advance(2 * MINUTE)

        assert await queue.connection.fetchval("select fleet.longest_waiting('notes', '{note}', fleet.now())") is None


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("limit_queue(null, 1)", "give the queue to limit"),
        ("limit_queue('no queue', 1)", "queue must be a plain word"),
        ("limit_queue('notes', -1)", "max_running must not be negative, as -1 is"),
        ("limit_rate(null, 1)", "give the queue whose rate to limit"),
        ("limit_rate('no queue', 1)", "queue must be a plain word"),
        ("limit_rate('notes', 0)", "a rate lets at least one job begin"),
        ("limit_rate('notes', 1, burst => 0)", "a rate lets at least one job begin"),
        ("limit_rate('notes', 1, per => '0 s')", "in a while of at most 31 days"),
        ("limit_rate('notes', 1, per => '-1 s')", "in a while of at most 31 days"),
        ("limit_rate('notes', 1, per => '1 year')", "in a while of at most 31 days"),
        ("limit_rate('notes', 1, per => null)", "in a while of at most 31 days"),
        ("set_ageing(null, '1 min')", "give the queue whose jobs age"),
        ("set_ageing('no queue', '1 min')", "queue must be a plain word"),
        ("set_ageing('notes', '0 s')", "jobs age after a while"),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused_in_a_sentence(queue: Queue, call: str, sentence: str) -> None:
    with pytest.raises(ServerError, match=sentence) as refusal:
        await queue.connection.execute(f"select fleet.{call}")

    assert refusal.value.sqlstate == "FL002"
    assert await queue.connection.fetchval("select count(*) from fleet.queue") == 0


async def test_the_limits_of_a_queue_are_in_its_view(queue: Queue) -> None:
    await limit(queue, 4)
    await limit_rate(queue, 60, per=MINUTE, burst=5)
    await queue.connection.execute("select fleet.set_ageing('notes', '10 min'), fleet.limit_depth('notes', 1000)")

    row = await queue.connection.fetchrow(
        "select max_running, rate_jobs, rate_per, rate_burst, ageing, max_waiting from fleet.queues"
        " where queue = 'notes'"
    )

    assert row is not None
    assert tuple(row) == (4, 60, MINUTE, 5, timedelta(minutes=10), 1000)
