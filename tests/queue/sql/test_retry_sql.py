"""retry: what ended without success runs again under its own id, and whoever held it before holds nothing."""

from datetime import timedelta
from functools import partial

import anyio
import pytest

from fleet.db import Row
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, NOON, Change, Queue, open_queue

MINUTE = timedelta(minutes=1)


async def failed(queue: Queue, *, unique_key: str | None = None) -> Row:
    """The last of several claims of a job that then failed for good."""
    added = await queue.add(unique_key=unique_key)
    for _ in range(3):
        (earlier,) = await queue.claim(await queue.worker())
        await queue.release(earlier)
    (claim,) = await queue.claim(await queue.worker())
    assert claim["id"] == added
    await queue.fail(claim, delay=None)
    return claim


class TestFinishedJobs:
    async def test_a_failed_job_is_ready_again_with_all_its_attempts(self, queue: Queue) -> None:
        job = await queue.add(args='{"a": 1}', max_attempts=2, priority=3, unique_key="k")
        for delay in (timedelta(0), None):
            (claim,) = await queue.claim(await queue.worker())
            await queue.fail(claim, delay=delay)
        await queue.advance(MINUTE)

        assert await queue.retry(job) == [(job, "failed", "ready")]

        live = await queue.live(job)
        assert live is not None
        assert (live["state"], live["attempt"], live["max_attempts"], live["interruptions"]) == ("ready", 0, 2, 0)
        assert (live["kind"], live["queue"], live["args"], live["priority"]) == ("note", "notes", '{"a": 1}', 3)
        assert (live["unique_key"], live["enqueued_at"], live["run_at"]) == ("k", NOON, NOON + MINUTE)
        assert await queue.finished(job) is None

    async def test_a_cancelled_job_can_be_brought_back(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.cancel(job)

        assert await queue.retry(job) == [(job, "cancelled", "ready")]

    async def test_a_job_of_before_tokens_were_kept_can_be_brought_back(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.cancel(job)
        await queue.connection.execute("update fleet.job_history set token = null")

        assert await queue.retry(job) == [(job, "cancelled", "ready")]

    async def test_a_job_goes_on_under_a_kind_that_nobody_knows_any_more(self, queue: Queue) -> None:
        job = await queue.add(unique_key="k")
        await queue.cancel(job)
        await queue.connection.execute("delete from fleet.kind")

        assert await queue.retry(job) == [(job, "cancelled", "ready")]
        live = await queue.live(job)
        assert live is not None
        assert (live["unique_key"], live["unique_scope"]) == ("k", "active")

    async def test_a_lost_job_can_be_brought_back(self, queue: Queue) -> None:
        claim = await queue.claimed(max_attempts=1)
        await queue.advance(LEASE)
        await queue.rescue()

        assert await queue.retry(claim["id"]) == [(claim["id"], "lost", "ready")]

    async def test_a_done_job_stays_done(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.finish(claim)
        before = await queue.everything()

        assert await queue.retry(claim["id"]) == [(claim["id"], "done", "done")]

        assert await queue.everything() == before

    @pytest.mark.parametrize("ending", ["finish", "fail", "snooze", "release", "report"])
    @pytest.mark.parametrize("forgotten", [False, True])
    async def test_whoever_held_it_before_its_end_holds_nothing(
        self, queue: Queue, ending: str, *, forgotten: bool
    ) -> None:
        stale = await failed(queue)
        if forgotten:
            # Its attempts are older than is kept.
            await queue.connection.execute("delete from fleet.attempt")
        await queue.retry(stale["id"])
        (claim,) = await queue.claim(await queue.worker())

        assert claim["token"] > stale["token"]
        assert not await getattr(queue, ending)(stale)
        assert await queue.finish(claim) == [claim["id"]]

    async def test_a_token_is_not_issued_again_when_the_history_does_not_tell_the_last(self, queue: Queue) -> None:
        stale = await failed(queue)
        await queue.connection.execute("update fleet.job_history set token = null")
        await queue.retry(stale["id"])
        (claim,) = await queue.claim(await queue.worker())

        assert claim["token"] > stale["token"]

    async def test_other_finished_jobs_stay_as_they_are_and_their_tokens_do_not_count(self, queue: Queue) -> None:
        other = await failed(queue)
        job = await queue.add()
        await queue.cancel(job)

        assert await queue.retry(job) == [(job, "cancelled", "ready")]

        live = await queue.live(job)
        assert live is not None
        assert live["token"] == 1
        assert await queue.state(other["id"]) == "failed"

    async def test_its_story_goes_on(self, queue: Queue) -> None:
        first = await failed(queue)
        await queue.retry(first["id"])
        (second,) = await queue.claim(await queue.worker())
        await queue.fail(second, delay=None, error="Later")

        story = [one for one in await queue.attempts(first["id"]) if one["outcome"] == "failed"]
        assert [(one["error_class"], one["attempt"]) for one in story] == [
            ("Boom", 1),
            ("Later", 1),
        ]

    async def test_it_runs_and_can_finish(self, queue: Queue) -> None:
        first = await failed(queue)
        await queue.retry(first["id"])
        (claim,) = await queue.claim(await queue.worker())

        assert await queue.finish(claim) == [first["id"]]

        assert await queue.state(first["id"]) == "done"


class TestUniqueKeys:
    async def test_a_job_whose_key_is_taken_stays_as_it_is_and_the_others_come_back(self, queue: Queue) -> None:
        first = (await failed(queue, unique_key="taken"))["id"]
        second = (await failed(queue, unique_key="free"))["id"]
        await queue.add(unique_key="taken")

        assert await queue.retry(first, second) == [(first, "failed", "failed"), (second, "failed", "ready")]

        end = await queue.finished(first)
        assert end is not None
        assert end["outcome"] == "failed"

    async def test_of_two_jobs_with_one_key_only_one_comes_back(self, queue: Queue) -> None:
        first = (await failed(queue, unique_key="k"))["id"]
        second = (await failed(queue, unique_key="k"))["id"]

        assert await queue.retry(second, first) == [(first, "failed", "ready"), (second, "failed", "failed")]

    async def test_each_comes_back_with_the_scope_that_its_own_kind_has(self, queue: Queue) -> None:
        await queue.declare("sync", unique_scope="waiting")
        jobs = [await queue.add(kind, unique_key="k") for kind in ("note", "sync")]
        await queue.cancel(*jobs)

        await queue.retry(*jobs)

        rows = await queue.connection.fetch("select kind, unique_scope::text from fleet.job order by kind")
        assert [tuple(row) for row in rows] == [("note", "active"), ("sync", "waiting")]


class TestLiveJobs:
    async def test_a_scheduled_job_becomes_ready_now(self, queue: Queue) -> None:
        job = await queue.add(delay=MINUTE)

        assert await queue.retry(job) == [(job, "scheduled", "ready")]

        live = await queue.live(job)
        assert live is not None
        assert live["run_at"] == NOON

    async def test_ready_running_and_unknown_jobs_stay_as_they_are(self, queue: Queue) -> None:
        running = (await queue.claimed())["id"]
        cancelling = (await queue.claimed())["id"]
        await queue.cancel(cancelling)
        ready = await queue.add()
        before = await queue.everything()

        assert await queue.retry(running, cancelling, ready, 10**12) == [
            (running, "running", "running"),
            (cancelling, "cancelling", "cancelling"),
            (ready, "ready", "ready"),
            (10**12, None, None),
        ]

        assert await queue.everything() == before


async def test_two_retries_at_once_bring_a_job_back_once(queue: Queue, database: Database) -> None:
    job = (await failed(queue))["id"]
    answers: list[Change] = []

    async with open_queue(database.url) as late, open_queue(database.url) as watcher:

        async def retry() -> None:
            answers.extend(await late.retry(job))

        async with anyio.create_task_group() as tasks, queue.connection.transaction():
            assert await queue.retry(job) == [(job, "failed", "ready")]
            tasks.start_soon(retry)
            await until(partial(watcher.is_waiting, late))

    assert answers == [(job, "ready", "ready")]
    assert await queue.connection.fetchval("select count(*) from fleet.job") == 1


async def test_finished_jobs_are_locked_in_the_order_of_their_ids(queue: Queue, database: Database) -> None:
    first, second = [(await failed(queue))["id"] for _ in range(2)]

    async with (
        open_queue(database.url) as late,
        open_queue(database.url) as other,
        anyio.create_task_group() as tasks,
        other.connection.transaction(),
    ):
        await other.connection.execute("select from fleet.job_history where id = $1 for update", second)
        tasks.start_soon(late.retry, second, first)
        await until(partial(queue.is_waiting, late))
        free = await queue.connection.fetch("select from fleet.job_history where id = $1 for update skip locked", first)

    assert free == []
