"""queues, running, failures: what a person at a prompt sees of the queue."""

from datetime import timedelta
from typing import Any

import pytest

from fleet.db import Row
from tests.queue.sql.session import LEASE, NOON, Queue

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def seen(queue: Queue, name: str = "notes") -> dict[str, Any]:
    """The row of one queue."""
    row = await queue.connection.fetchrow("select * from fleet.queues where queue = $1", name)
    assert row is not None
    return dict(row)


async def failed(queue: Queue, error: str = "Boom", message: str = "it broke", *, kind: str = "note") -> Row:
    job = await queue.add(kind)
    (claim,) = await queue.claim(await queue.worker(), kinds=[kind])
    assert claim["id"] == job
    await queue.fail(claim, delay=None, error=error, message=message)
    return claim


class TestQueues:
    async def test_a_queue_shows_its_jobs_by_state(self, queue: Queue) -> None:
        await queue.claimed()
        for delay in (None, None, None, MINUTE, MINUTE):
            await queue.add(delay=delay)
        held = await queue.add()
        await queue.connection.execute("update fleet.job set state = 'held', fair_key = 'k' where id = $1", held)

        row = await seen(queue)

        assert (row["ready"], row["scheduled"], row["held"], row["running"]) == (3, 2, 1, 1)

    async def test_the_oldest_wait_counts_from_when_the_job_was_due(self, queue: Queue) -> None:
        await queue.add(delay=MINUTE)
        await queue.advance(MINUTE)
        await queue.promote()
        await queue.add()
        await queue.advance(SECOND)

        assert (await seen(queue))["oldest_wait"] == SECOND

    async def test_the_throughput_is_what_ended_in_the_last_minute(self, queue: Queue) -> None:
        await queue.finish(await queue.claimed())
        await queue.advance(MINUTE)
        await queue.finish(await queue.claimed())
        await queue.advance(SECOND)
        await failed(queue)

        assert (await seen(queue))["finished_last_minute"] == 2

    async def test_only_live_workers_count(self, queue: Queue) -> None:
        await queue.worker()
        await queue.advance(LEASE)
        await queue.worker()

        assert (await seen(queue))["workers"] == 1

    async def test_a_paused_queue_tells_by_whom_why_and_until_when(self, queue: Queue) -> None:
        await queue.pause(lasting=MINUTE, reason="deploy")

        row = await seen(queue)

        assert (row["paused_at"], row["pause_reason"], row["resume_at"]) == (NOON, "deploy", NOON + MINUTE)
        assert row["paused_by"].endswith(" with fleet-tests")

    async def test_a_pause_that_has_ended_is_not_shown(self, queue: Queue) -> None:
        await queue.pause(lasting=MINUTE)
        await queue.advance(MINUTE)

        assert (await seen(queue))["paused_at"] is None

    async def test_every_queue_that_anything_knows_is_shown(self, queue: Queue) -> None:
        await queue.declare("page", queue="by_kind")
        await queue.add(queue="by_job")
        await queue.pause("by_pause")
        await queue.worker()

        rows = await queue.connection.fetch("select queue from fleet.queues")

        assert [row["queue"] for row in rows] == ["by_job", "by_kind", "by_pause", "notes"]


class TestRunning:
    async def test_a_running_job_shows_its_worker_and_how_far_it_is(self, queue: Queue) -> None:
        await queue.add()
        claim = await queue.claimed(unique_key="k", priority=-1)
        await queue.report(claim)
        await queue.cancel(claim["id"])
        await queue.advance(SECOND)

        (row,) = await queue.connection.fetch("select * from fleet.running")

        assert (row["id"], row["kind"], row["queue"], row["key"]) == (claim["id"], "note", "notes", "k")
        assert (row["attempt"], row["max_attempts"]) == (1, 3)
        assert (row["service"], row["replica"]) == ("analyzer", "r1")
        assert (row["age"], row["lease_left"]) == (SECOND, LEASE - SECOND)
        assert (row["cancel_requested_at"], row["progress"]) == (NOON, '{"done": 1}')

    async def test_a_job_of_a_dead_worker_has_a_lease_that_ran_out(self, queue: Queue) -> None:
        await queue.claimed()
        await queue.advance(LEASE + SECOND)

        assert await queue.connection.fetchval("select lease_left from fleet.running") == -SECOND


class TestFailures:
    async def test_failures_are_counted_by_kind_and_first_line(self, queue: Queue) -> None:
        await queue.declare("page")
        rare = await failed(queue, "KeyError", "'owner'")
        often = [await failed(queue, "Timeout", f"took too long\n{n} s") for n in range(6)]
        await queue.advance(SECOND)
        other = await failed(queue, "Timeout", "took too long", kind="page")

        rows = await queue.connection.fetch("select kind, error, count, latest, sample_ids from fleet.failures")

        assert [tuple(row) for row in rows] == [
            ("note", "Timeout: took too long", 6, NOON, [claim["id"] for claim in often[:0:-1]]),
            ("page", "Timeout: took too long", 1, NOON + SECOND, [other["id"]]),
            ("note", "KeyError: 'owner'", 1, NOON, [rare["id"]]),
        ]

    async def test_lost_jobs_are_failures_and_cancelled_and_done_ones_are_not(self, queue: Queue) -> None:
        await queue.finish(await queue.claimed())
        await queue.cancel(await queue.add())
        await queue.claimed(max_attempts=1)
        await queue.advance(LEASE)
        await queue.rescue()

        (row,) = await queue.connection.fetch("select error, count from fleet.failures")

        assert row["error"].startswith("WorkerLost: ")

    async def test_the_failures_of_a_kind_can_be_retried_in_one_statement(self, queue: Queue) -> None:
        await queue.declare("page")
        first, second = await failed(queue), await failed(queue)
        other = await failed(queue, kind="page")

        rows = await queue.connection.fetch(
            "select id, was, now from fleet.retry(array(select id from fleet.failures_of('note')))"
        )

        assert [tuple(row) for row in rows] == [(claim["id"], "failed", "ready") for claim in (first, second)]
        assert await queue.state(other["id"]) == "failed"

    @pytest.mark.parametrize("error", ["Timeout", "Timeout: took"])
    async def test_the_failures_of_a_kind_with_one_error_are_the_latest_first(self, queue: Queue, error: str) -> None:
        await failed(queue, "KeyError", "'owner'")
        late = [await failed(queue, "Timeout", "took too long") for _ in range(2)]

        rows = await queue.connection.fetch("select id from fleet.failures_of('note', $1)", error)

        assert [row["id"] for row in rows] == [claim["id"] for claim in late[::-1]]
