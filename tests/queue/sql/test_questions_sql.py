"""story, why, health: answers to what a person asks about a job and about the queue."""

from datetime import timedelta

import pytest

from tests.queue.sql.session import LEASE, NOON, Queue

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
TWELVE = "2026-03-01 12:00:00+00"


async def why(queue: Queue, job: int) -> list[str]:
    rows = await queue.connection.fetch("select fleet.why($1) as reason", job)
    return [row["reason"] for row in rows]


async def health(queue: Queue) -> dict[str, tuple[bool, str]]:
    rows = await queue.connection.fetch('select "check", ok, detail from fleet.health()')
    return {row["check"]: (row["ok"], row["detail"]) for row in rows}


class TestStory:
    async def test_a_story_tells_every_attempt_and_the_end(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.advance(SECOND)
        await queue.fail(claim, delay=SECOND, error="KeyError", message="'owner'")
        await queue.advance(SECOND)
        (claim,) = await queue.claim(await queue.worker())
        await queue.advance(SECOND)
        await queue.snooze(claim, delay=SECOND)
        await queue.advance(SECOND)
        (claim,) = await queue.claim(await queue.worker())
        await queue.advance(SECOND)
        await queue.finish(claim)

        rows = await queue.connection.fetch("select at, event, attempt, detail from fleet.story($1)", claim["id"])

        assert [((row["at"] - NOON).seconds, *list(row)[1:]) for row in rows] == [
            (0, "enqueued", None, "note in queue notes with priority 0"),
            (0, "claimed", 1, None),
            (1, "attempt failed", 1, "KeyError: 'owner'"),
            (2, "claimed", 2, None),
            (3, "attempt snoozed", 2, "not yet"),
            (4, "claimed", 2, None),
            (5, "done", 2, None),
        ]

    async def test_a_story_ends_with_what_is_ahead(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.fail(claim, delay=MINUTE)

        rows = await queue.connection.fetch("select at, event from fleet.story($1)", claim["id"])

        assert [row["event"] for row in rows] == ["enqueued", "claimed", "attempt failed", "due"]
        assert rows[-1]["at"] == NOON + MINUTE

    async def test_a_request_to_cancel_and_the_cancelled_attempt_are_told(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.cancel(claim["id"], reason="wrong repo")
        asked = await queue.connection.fetch("select event, detail from fleet.story($1)", claim["id"])
        await queue.release(claim)

        ended = await queue.connection.fetch("select event, detail from fleet.story($1)", claim["id"])

        assert [row["event"] for row in asked] == ["enqueued", "claimed", "cancel requested"]
        assert [tuple(row) for row in ended[1:]] == [
            ("claimed", None),
            ("attempt cancelled", "wrong repo"),
            ("cancelled", "wrong repo"),
        ]

    async def test_an_unknown_job_has_no_story(self, queue: Queue) -> None:
        assert await queue.connection.fetch("select event from fleet.story(1000000)") == []


class TestWhy:
    async def test_nobody_knows_the_id(self, queue: Queue) -> None:
        assert await why(queue, 10**12) == [
            "no job has the id 1000000000000: it was never enqueued, or its history is no longer kept"
        ]

    async def test_it_is_done(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.finish(claim)

        assert await why(queue, claim["id"]) == ["it is finished: done at 2026-03-01 12:00:00+00"]

    async def test_it_failed_and_its_attempts_are_used_up(self, queue: Queue) -> None:
        claim = await queue.claimed(max_attempts=1)
        await queue.fail(claim, delay=SECOND)

        assert await why(queue, claim["id"]) == [
            "it is finished: failed at 2026-03-01 12:00:00+00, because of Boom: it broke",
            "its attempts are used up: 1 of 1",
            f"select * from fleet.retry(array[{claim['id']}]) brings it back",
        ]

    async def test_it_was_cancelled(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.cancel(job, reason="wrong repo")

        assert await why(queue, job) == [
            "it is finished: cancelled at 2026-03-01 12:00:00+00, because of wrong repo",
            f"select * from fleet.retry(array[{job}]) brings it back",
        ]

    async def test_it_is_running(self, queue: Queue) -> None:
        claim = await queue.claimed()
        worker = await queue.connection.fetchval("select worker from fleet.job")

        assert await why(queue, claim["id"]) == [
            f"it is running: on worker {worker} (analyzer, r1) since 2026-03-01 12:00:00+00, attempt 1 of 3"
        ]

    async def test_its_cancel_was_requested_and_its_worker_is_dead(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.cancel(claim["id"], reason="wrong repo")
        await queue.advance(LEASE)

        assert (await why(queue, claim["id"]))[1:] == [
            "its worker is dead: whichever worker claims next rescues it",
            f"its cancel was requested at {TWELVE}, because of wrong repo: it ends when its worker has stopped it",
        ]

    async def test_nothing_is_in_its_way(self, queue: Queue) -> None:
        await queue.worker()

        assert await why(queue, await queue.add()) == [
            "nothing is in its way: the next worker with a free slot takes it"
        ]

    async def test_it_is_not_due_yet(self, queue: Queue) -> None:
        await queue.worker()

        assert await why(queue, await queue.add(delay=3 * MINUTE)) == [
            "it is due in 00:03:00, at 2026-03-01 12:03:00+00"
        ]

    async def test_it_is_due_and_nobody_has_claimed_since(self, queue: Queue) -> None:
        await queue.worker(lease=2 * MINUTE)
        job = await queue.add(delay=MINUTE)
        await queue.advance(MINUTE)

        assert await why(queue, job) == ["it is due: the next claim makes it ready"]

    @pytest.mark.parametrize(("ahead", "words"), [(1, "1 ready job"), (2, "2 ready jobs")])
    async def test_it_is_behind_others(self, queue: Queue, ahead: int, words: str) -> None:
        await queue.worker()
        await queue.add(queue="pages")
        await queue.add(delay=MINUTE)
        for _ in range(ahead):
            await queue.add()
        job = await queue.add()
        await queue.add()

        assert await why(queue, job) == [f"it is behind {words} of its queue"]

    async def test_no_worker_is_alive(self, queue: Queue) -> None:
        await queue.worker()
        await queue.advance(LEASE)

        assert await why(queue, await queue.add()) == ["no worker is alive"]

    async def test_no_live_worker_serves_its_queue(self, queue: Queue) -> None:
        await queue.worker()

        assert await why(queue, await queue.add(queue="pages")) == ["no live worker serves queue pages"]

    async def test_no_live_worker_of_its_queue_knows_its_kind(self, queue: Queue) -> None:
        await queue.declare("page")
        await queue.worker()

        assert await why(queue, await queue.add("page")) == ["no live worker of queue notes knows kind page"]

    async def test_several_reasons_are_several_sentences(self, queue: Queue) -> None:
        await queue.pause(lasting=MINUTE, reason="deploy")
        await queue.add()
        user = await queue.connection.fetchval("select session_user")

        assert await why(queue, await queue.add()) == [
            f"queue notes is paused by {user} with fleet-tests until 2026-03-01 12:01:00+00: deploy",
            "no worker is alive",
            "it is behind 1 ready job of its queue",
        ]

    async def test_a_pause_may_have_no_end(self, queue: Queue) -> None:
        await queue.worker()
        await queue.pause()
        job = await queue.add()

        (reason,) = await why(queue, job)

        assert reason.endswith(" with fleet-tests until it is resumed")


class TestHealth:
    async def test_a_well_queue_passes_every_check(self, queue: Queue) -> None:
        await queue.connection.execute("select fleet.make_partitions()")
        await queue.worker()
        await queue.add()

        checks = await health(queue)

        # How many there are the server counts now and then.
        assert checks.pop("dead rows")[0]
        assert checks == {
            "live workers": (True, "1: analyzer"),
            "expired leases": (True, "none"),
            "oldest ready wait": (True, "00:00:00"),
            "overdue scheduled": (True, "none"),
            "partitions ahead": (True, "attempt until 2026-03-15, job_history until 2026-03-15"),
            "default partitions empty": (True, "yes"),
        }

    async def test_dead_workers_show_in_two_checks(self, queue: Queue) -> None:
        await queue.worker()
        await queue.advance(LEASE)

        checks = await health(queue)

        assert checks["live workers"] == (False, "none")
        assert checks["expired leases"] == (False, "1, to be rescued by the next claim")

    async def test_a_long_wait_shows(self, queue: Queue) -> None:
        await queue.add()
        await queue.advance(5 * MINUTE + SECOND)

        assert (await health(queue))["oldest ready wait"] == (False, "00:05:01")

    async def test_jobs_of_a_paused_queue_may_wait(self, queue: Queue) -> None:
        await queue.add()
        await queue.pause()
        await queue.advance(5 * MINUTE + SECOND)

        assert (await health(queue))["oldest ready wait"] == (True, "nothing is ready")

    async def test_scheduled_jobs_that_nobody_promotes_show(self, queue: Queue) -> None:
        await queue.add(delay=SECOND)
        await queue.advance(6 * MINUTE)

        assert (await health(queue))["overdue scheduled"] == (False, "1, for up to 00:05:59")

    async def test_partitions_that_run_out_show(self, queue: Queue) -> None:
        assert (await health(queue))["partitions ahead"] == (False, "attempt none, job_history none")
        await queue.connection.execute("select fleet.make_partitions(2)")
        assert (await health(queue))["partitions ahead"][0]
        await queue.advance(timedelta(days=1))

        assert (await health(queue))["partitions ahead"] == (
            False,
            "attempt until 2026-03-03, job_history until 2026-03-03",
        )

    async def test_rows_without_a_partition_of_their_day_show(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.fail(claim)

        assert (await health(queue))["default partitions empty"] == (
            False,
            "rows in attempt_default, job_history_default",
        )
