"""Retry budgets: a kind that fails wholesale is tried again slowly, and nobody else notices."""

from collections import Counter
from datetime import timedelta
from functools import partial

import anyio
import pytest

from fleet.db import Row
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.asleep import sleep_on_everything
from tests.queue.sql.session import NOON, Queue, open_queue

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

BUDGET = 60


async def running(queue: Queue, count: int, kind: str = "note") -> list[Row]:
    """So many jobs of *kind*, just claimed."""
    await queue.connection.execute(
        "insert into fleet.job (kind, queue, max_attempts, enqueued_at, run_at)"
        " select $1, 'notes', 1000, fleet.now(), fleet.now() from generate_series(1, $2)",
        kind,
        count,
    )
    claims = await queue.claim(await queue.worker(lease=DAY), count, kinds=[kind])
    assert len(claims) == count
    return claims


async def waits(queue: Queue, *claims: Row) -> list[timedelta]:
    """How long each job waits from now on, in the order of the ids."""
    rows = await queue.connection.fetch(
        "select run_at - fleet.now() as wait from fleet.job where id = any($1) order by id",
        [claim["id"] for claim in claims],
    )
    return [row["wait"] for row in rows]


async def balance(queue: Queue, kind: str = "note") -> float:
    """What *kind* can afford now."""
    left: float = await queue.connection.fetchval("select balance from fleet.retries where kind = $1", kind)
    return round(left, 3)


async def spend_all(queue: Queue, kind: str = "note") -> list[Row]:
    """So many failures that the next one is not paid for."""
    claims = await running(queue, BUDGET, kind)
    await queue.fail(*claims, delay=SECOND)
    return claims


@pytest.mark.parametrize("delay", [SECOND, -SECOND])
async def test_a_kind_that_fails_now_and_then_runs_again_when_its_policy_says(queue: Queue, delay: timedelta) -> None:
    claims = await running(queue, BUDGET)

    await queue.fail(*claims, delay=delay)

    assert await waits(queue, *claims) == [delay] * BUDGET
    assert await balance(queue) == 0


async def test_what_is_not_paid_for_waits_until_it_is(queue: Queue) -> None:
    claims = await running(queue, BUDGET + 4)

    await queue.fail(*claims, delay=2 * SECOND)

    assert await waits(queue, *claims[BUDGET:]) == [2 * SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND]
    assert await balance(queue) == -4


async def test_a_later_failure_queues_behind_the_earlier_ones(queue: Queue) -> None:
    await spend_all(queue)
    first, second = await running(queue, 2)
    await queue.fail(first, delay=timedelta(0))
    await queue.advance(SECOND / 2)
    await queue.fail(second, delay=timedelta(0))

    assert await waits(queue, first, second) == [SECOND / 2, 1.5 * SECOND]


async def test_a_delay_is_never_shortened(queue: Queue) -> None:
    await spend_all(queue)
    claims = await running(queue, 2)

    await queue.fail(*claims, delay=HOUR)

    assert await waits(queue, *claims) == [HOUR, HOUR]


async def test_in_a_storm_a_minute_sees_no_more_retries_than_it_pays_for(queue: Queue) -> None:
    claims = await running(queue, 300)
    worker = await queue.worker(lease=DAY)
    tries: Counter[int] = Counter()

    for _ in range(100):
        await queue.fail(*claims, delay=SECOND)
        await queue.advance(6 * SECOND)
        claims = await queue.claim(worker, 1000)
        tries[(queue.now - NOON) // MINUTE] += len(claims)

    # What had been saved before the storm is spent in its first minute.
    assert tries[0] <= 2 * BUDGET
    assert all(BUDGET * 0.9 <= tries[minute] <= BUDGET * 1.1 for minute in range(1, 9)), tries


async def test_a_kind_of_which_one_in_a_hundred_fails_never_waits(queue: Queue) -> None:
    longest = timedelta(0)

    for _ in range(60):
        # 100 a second, ten of which failed.
        claims = await running(queue, 10)
        await queue.fail(*claims, delay=SECOND / 10, successes={"note": 990})
        longest = max(longest, *await waits(queue, *claims))
        await queue.connection.execute("delete from fleet.job")
        await queue.advance(SECOND)

    assert longest == SECOND / 10


async def test_a_success_pays_for_its_share_of_a_retry(queue: Queue) -> None:
    await spend_all(queue)
    claims = await running(queue, 3)

    await queue.fail(*claims, delay=timedelta(0), successes={"note": 10})

    assert await waits(queue, *claims) == [timedelta(0), timedelta(0), SECOND]
    assert await balance(queue) == -1


async def test_successes_are_not_saved_up_beyond_what_a_minute_pays_for(queue: Queue) -> None:
    (claim,) = await running(queue, 1)
    await queue.fail(claim, delay=SECOND, successes={"note": 1_000_000})

    assert await balance(queue) == BUDGET


async def test_the_successes_of_one_kind_pay_with_the_failures_of_another(queue: Queue) -> None:
    await queue.declare("page")
    await spend_all(queue)
    (claim,) = await running(queue, 1, "page")

    await queue.fail(claim, delay=SECOND, successes={"note": 50, "page": 0, "unknown": 7})

    assert await balance(queue) == 10
    assert await balance(queue, "page") == BUDGET - 1
    assert await queue.connection.fetchval("select array_agg(kind order by kind) from fleet.retry_budget") == [
        "note",
        "page",
    ]


async def test_one_kinds_storm_is_not_anothers(queue: Queue) -> None:
    await queue.declare("page")
    notes, pages = await running(queue, BUDGET + 5), await running(queue, 5, "page")

    await queue.fail(*notes, *pages, delay=SECOND / 2)

    assert max(await waits(queue, *notes)) == 5 * SECOND
    assert await waits(queue, *pages) == [SECOND / 2] * 5


async def test_a_kind_may_have_another_budget(queue: Queue) -> None:
    await queue.declare("note", retry_share=1, retries_per_minute=1)
    claims = await running(queue, 4)

    await queue.fail(*claims, delay=SECOND, successes={"note": 1})

    assert await waits(queue, *claims) == [SECOND, SECOND, MINUTE, 2 * MINUTE]


async def test_what_would_run_first_is_paid_for_first(queue: Queue) -> None:
    await spend_all(queue)
    late, soon = await running(queue, 2)

    await queue.connection.execute(
        "select fleet.fail($1, $2, $3, '{Boom,Boom}', '{a,b}')",
        [late["id"], soon["id"]],
        [late["token"], soon["token"]],
        [1.5 * SECOND, timedelta(0)],
    )

    assert await waits(queue, late, soon) == [2 * SECOND, SECOND]


async def test_a_kind_that_nobody_knows_any_more_has_the_budget_of_a_new_one(queue: Queue) -> None:
    claims = await running(queue, BUDGET + 2)
    await queue.connection.execute("delete from fleet.kind")

    await queue.fail(*claims, delay=SECOND / 2, successes={"note": 5})

    assert await waits(queue, *claims[BUDGET:]) == [SECOND / 2, SECOND]


async def test_a_quiet_while_fills_the_budget_again(queue: Queue) -> None:
    claims = await running(queue, 2 * BUDGET)
    await queue.fail(*claims, delay=SECOND)

    await queue.advance(2 * MINUTE)

    assert await balance(queue) == BUDGET
    await queue.advance(HOUR)
    assert await balance(queue) == BUDGET


async def test_nothing_is_put_off_for_more_than_an_hour_nor_all_at_once(queue: Queue) -> None:
    await queue.declare("note", retries_per_minute=1)
    claims = await running(queue, 161)

    await queue.fail(*claims, delay=timedelta(0))

    paid, beyond = (await waits(queue, *claims))[:61], (await waits(queue, *claims))[61:]
    assert paid == [n * MINUTE for n in range(61)]
    assert min(beyond) >= HOUR / 2
    assert max(beyond) <= HOUR
    assert len(set(beyond)) > 90


async def test_a_kind_has_recovered_an_hour_after_the_worst_storm(queue: Queue) -> None:
    await queue.declare("note", retries_per_minute=1)
    await queue.fail(*await running(queue, 300), delay=timedelta(0))
    assert await balance(queue) == -60

    await queue.advance(HOUR + MINUTE)
    (claim,) = await running(queue, 1)
    await queue.fail(claim, delay=SECOND)

    assert await waits(queue, claim) == [SECOND]


async def test_a_clock_that_goes_back_pays_for_nothing_twice(queue: Queue) -> None:
    await spend_all(queue)
    await queue.advance(-HOUR)
    (claim,) = await running(queue, 1)
    await queue.fail(claim, delay=SECOND)
    await queue.advance(HOUR)

    assert await balance(queue) == -1


async def test_only_what_runs_again_is_paid_for(queue: Queue) -> None:
    final, last, cancelled, again = await running(queue, 4)
    await queue.connection.execute("update fleet.job set max_attempts = 1 where id = $1", last["id"])
    await queue.cancel(cancelled["id"])

    await queue.fail(final, delay=None)
    await queue.fail(last, cancelled, again, delay=SECOND)

    assert [await queue.state(claim["id"]) for claim in (final, last, cancelled, again)] == [
        "failed",
        "failed",
        "cancelled",
        "scheduled",
    ]
    assert await balance(queue) == BUDGET - 1


async def test_one_who_lost_the_job_spends_nothing(queue: Queue) -> None:
    (claim,) = await running(queue, 1)
    await queue.release(claim)

    assert await queue.fail(claim, delay=SECOND) == []
    assert await balance(queue) == BUDGET


async def test_a_retry_that_is_put_off_leaves_its_place_to_another_of_its_key(queue: Queue) -> None:
    await queue.connection.execute("select fleet.limit_keys('notes', 1)")
    await spend_all(queue)
    worker = await queue.worker(lease=DAY)
    first = await queue.add(fair_key="k")
    (claim,) = await queue.claim(worker)
    second = await queue.add(fair_key="k")
    await queue.claim(worker)
    assert [claim["id"], await queue.state(second)] == [first, "held"]

    await queue.fail(claim, delay=timedelta(0))

    assert await queue.state(first) == "scheduled"
    assert [taken["id"] for taken in await queue.claim(worker)] == [second]


async def test_failures_on_two_workers_meet_in_one_budget(queue: Queue, database: Database) -> None:
    counted, *claims = await running(queue, BUDGET + 2)
    await queue.fail(counted, delay=timedelta(0))
    async with open_queue(database.url) as other, anyio.create_task_group() as tasks:
        transaction = queue.connection.transaction()
        await transaction.start()
        # As a fail does before it counts; what has been written, others would wait for anyway.
        await queue.connection.execute("select from fleet.retry_budget for update")
        tasks.start_soon(lambda: other.fail(claims[-1], delay=timedelta(0)))

        async def blocked() -> bool:
            return await queue.is_waiting(other)

        await until(blocked)
        await queue.fail(*claims[:BUDGET], delay=timedelta(0))
        await transaction.commit()

    assert await balance(queue) == -2
    assert await waits(queue, *claims[-2:]) == [SECOND, 2 * SECOND]


async def test_budgets_are_locked_in_the_order_of_their_kinds(queue: Queue, database: Database) -> None:
    kinds = ["leaf", "note", "page"]
    for kind in kinds:
        await queue.declare(kind)
    claims = [(await running(queue, 2, kind)) for kind in kinds]
    await queue.fail(*(first for first, _ in claims), delay=SECOND)
    budget = "select from fleet.retry_budget where kind = $1 for update skip locked"

    async with (
        open_queue(database.url) as other,
        open_queue(database.url) as watcher,
        anyio.create_task_group() as tasks,
        queue.connection.transaction(),
    ):
        await queue.connection.execute(budget, "note")
        tasks.start_soon(partial(other.fail, *(second for _, second in claims), delay=SECOND))
        await until(partial(watcher.is_waiting, other))

        assert [bool(await watcher.connection.fetch(budget, kind)) for kind in kinds] == [False, False, True]


class TestWhatIsSaid:
    async def why(self, queue: Queue, job: int) -> list[str]:
        rows = await queue.connection.fetch("select fleet.why($1) as reason", job)
        return [row["reason"] for row in rows]

    @pytest.fixture
    async def late(self, queue: Queue) -> Row:
        """A retry that is put off by two seconds."""
        claims = await running(queue, BUDGET + 2)
        await queue.fail(*claims, delay=SECOND / 2)
        return claims[-1]

    async def test_why_tells_that_the_budget_put_a_retry_off(self, queue: Queue, late: Row) -> None:
        due, put_off, *_ = await self.why(queue, late["id"])

        assert due == "it is due in 00:00:02, at 2026-03-01 12:00:02+00"
        assert put_off == (
            "its retry was put off: kind note fails so often that its budget of 60 retries a minute is spent;"
            " select fleet.forgive('note') lifts that"
        )

    async def test_why_says_nothing_of_the_budget_when_it_was_not_to_blame(self, queue: Queue, late: Row) -> None:
        paid_for = await queue.connection.fetchval("select min(id) from fleet.job")
        await queue.reschedule(late["id"], to=NOON + MINUTE)

        for job in (paid_for, late["id"]):
            assert "put off" not in " ".join(await self.why(queue, job))

    async def test_the_view_shows_every_kind(self, queue: Queue, late: Row) -> None:
        del late
        await queue.declare("page", retry_share=0.5, retries_per_minute=7)

        rows = await queue.connection.fetch(
            "select kind, retries_per_minute, retry_share, balance, wait, put_off, next_at from fleet.retries"
        )

        assert [tuple(row) for row in rows] == [
            ("note", 60, pytest.approx(0.2), -2.0, 3 * SECOND, 2, NOON + SECOND),
            ("page", 7, 0.5, 7.0, timedelta(0), 0, None),
        ]

    async def test_the_view_forgets_what_has_been_done_about(self, queue: Queue, late: Row) -> None:
        await queue.reschedule(late["id"], to=NOON + MINUTE)

        assert await queue.connection.fetchval("select put_off from fleet.retries") == 1


class TestForgive:
    async def forgive(self, queue: Queue, kind: str = "note") -> int:
        forgiven: int = await queue.connection.fetchval("select fleet.forgive($1)", kind)
        return forgiven

    async def test_what_was_put_off_is_due_and_the_budget_full(self, queue: Queue) -> None:
        claims = await running(queue, BUDGET + 3)
        await queue.fail(*claims, delay=SECOND / 2)

        assert await self.forgive(queue) == 3

        assert await waits(queue, *claims) == [SECOND / 2] * BUDGET + [timedelta(0)] * 3
        assert await balance(queue) == BUDGET
        assert len(await queue.claim(await queue.worker(), 1000)) == 3

    async def test_what_has_another_time_by_now_keeps_it(self, queue: Queue) -> None:
        claims = await running(queue, BUDGET + 2)
        await queue.fail(*claims, delay=SECOND / 2)
        await queue.reschedule(claims[-1]["id"], to=NOON + MINUTE)

        assert await self.forgive(queue) == 1

        assert await waits(queue, *claims[-2:]) == [timedelta(0), MINUTE]

    async def test_another_kind_is_not_forgiven(self, queue: Queue) -> None:
        await queue.declare("page")
        claims = await running(queue, BUDGET + 2)
        await queue.fail(*claims, delay=timedelta(0))

        assert await self.forgive(queue, "page") == 0
        assert await self.forgive(queue, "nobody's") == 0

        assert await balance(queue) == -2
        assert await waits(queue, *claims[-2:]) == [SECOND, 2 * SECOND]

    async def test_sleeping_workers_are_woken(self, queue: Queue, database: Database) -> None:
        claims = await running(queue, BUDGET + 2)
        await queue.fail(*claims, delay=timedelta(0))
        heard: list[object] = []
        async with open_queue(database.url) as other:
            await other.connection.add_listener("fleet_wake", lambda *notification: heard.append(notification[-1]))
            await sleep_on_everything(other.connection)
            await self.forgive(queue)

            async def woken() -> bool:
                return heard == ["notes"]

            await until(woken)


async def test_a_retry_that_is_paid_for_when_it_is_due_is_not_put_off(queue: Queue) -> None:
    await queue.declare("note", retries_per_minute=1)
    first, second = await queue.claimed(), await queue.claimed()
    await queue.fail(first, delay=timedelta(0))

    await queue.fail(second, delay=timedelta(minutes=1))

    live = await queue.live(second["id"])
    assert live is not None
    assert (live["run_at"], live["put_off_until"]) == (NOON + timedelta(minutes=1), None)
