"""pause and resume: a paused queue is not claimed from, whoever asks, and its pause may end by itself."""

from datetime import timedelta

import pytest

from fleet.db import RefusedValue, ServerError
from fleet.testing.database import Database
from tests.queue.sql.session import NOON, Queue, open_queue

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def claimed(queue: Queue, *queues: str) -> list[int]:
    claims = await queue.claim(await queue.worker(lease=2 * HOUR), 10, queues=queues or ["notes"])
    return [claim["id"] for claim in claims]


class TestPause:
    async def test_a_paused_queue_is_not_claimed_from(self, queue: Queue) -> None:
        job = await queue.add()

        assert await queue.pause() == ("notes", "open", "paused")

        assert await claimed(queue) == []
        assert await queue.state(job) == "ready"

    async def test_the_other_queues_of_a_worker_are(self, queue: Queue) -> None:
        await queue.add()
        other = await queue.add(queue="pages")
        await queue.pause()

        assert await claimed(queue, "notes", "pages") == [other]

    async def test_what_runs_already_runs_on(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.pause()

        assert await queue.report(claim)
        assert await queue.finish(claim) == [claim["id"]]

    async def test_jobs_still_go_in_fall_due_and_come_back(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.pause()
        scheduled = await queue.add(delay=MINUTE)
        await queue.fail(claim, delay=timedelta(0))
        await queue.advance(MINUTE)

        assert await claimed(queue) == []

        assert [await queue.state(job) for job in (claim["id"], scheduled)] == ["ready", "ready"]

    async def test_it_says_who_paused_why_and_until_when(self, queue: Queue) -> None:
        await queue.pause(lasting=HOUR, reason="deploy")

        row = await queue.connection.fetchrow("select *, session_user as me from fleet.queue where name = 'notes'")
        assert row is not None
        assert (row["paused_at"], row["resume_at"], row["pause_reason"]) == (NOON, NOON + HOUR, "deploy")
        assert row["paused_by"] == f"{row['me']} with fleet-tests"

    async def test_pausing_again_replaces_the_end_and_the_reason(self, queue: Queue) -> None:
        await queue.pause(lasting=HOUR, reason="deploy")
        await queue.advance(MINUTE)

        assert await queue.pause(reason="repair") == ("notes", "paused", "paused")

        row = await queue.connection.fetchrow("select paused_at, resume_at, pause_reason from fleet.queue")
        assert tuple(row or ()) == (NOON, None, "repair")

    async def test_pausing_after_a_pause_has_ended_begins_another(self, queue: Queue) -> None:
        await queue.pause(lasting=MINUTE)
        await queue.advance(MINUTE)

        assert await queue.pause() == ("notes", "open", "paused")

        assert await queue.connection.fetchval("select paused_at from fleet.queue") == NOON + MINUTE

    async def test_only_a_pause_makes_a_queue_paused(self, queue: Queue) -> None:
        await queue.connection.execute("select fleet.limit_queue('notes', 1)")
        await queue.pause("pages")

        paused = await queue.connection.fetchrow("select fleet.is_paused('notes'), fleet.is_paused('pages')")

        assert tuple(paused or ()) == (False, True)

    @pytest.mark.parametrize("name", [None, "", "Notes", "a-b", "q" * 64])
    async def test_what_is_no_name_of_a_queue_is_refused(self, queue: Queue, name: str | None) -> None:
        with pytest.raises(ServerError, match="queue") as refusal:
            await queue.pause(name)

        assert refusal.value.sqlstate == "FL002"

    @pytest.mark.parametrize("lasting", [timedelta(0), -MINUTE])
    async def test_a_pause_without_a_length_is_refused(self, queue: Queue, lasting: timedelta) -> None:
        with pytest.raises(ServerError, match="a pause lasts for a while"):
            await queue.pause(lasting=lasting)

        assert await queue.connection.fetch("select name from fleet.queue") == []

    async def test_a_reason_that_is_too_long_is_refused(self, queue: Queue) -> None:
        with pytest.raises(ServerError, match="a reason must fit in 1024 bytes"):
            await queue.pause(reason="x" * 1025)

    @pytest.mark.parametrize(
        "change",
        [
            "paused_by = null",
            "paused_at = null",
            "resume_at = paused_at",
            "name = 'Notes'",
            "pause_reason = repeat('x', 1025)",
        ],
    )
    async def test_the_table_refuses_what_makes_no_sense(self, queue: Queue, change: str) -> None:
        await queue.pause()

        with pytest.raises(RefusedValue):
            await queue.connection.execute(f"update fleet.queue set {change}")


class TestResume:
    async def test_a_resumed_queue_is_claimed_from(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.pause(reason="deploy", lasting=HOUR)

        assert await queue.resume() == ("notes", "paused", "open")

        assert await claimed(queue) == [job]
        row = await queue.connection.fetchrow("select paused_at, paused_by, pause_reason, resume_at from fleet.queue")
        assert tuple(row or ()) == (None, None, None, None)

    async def test_resuming_what_is_not_paused_is_no_mistake(self, queue: Queue) -> None:
        assert await queue.resume() == ("notes", "open", "open")


class TestEnd:
    async def test_a_pause_ends_by_itself(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.pause(lasting=HOUR)
        await queue.advance(HOUR - timedelta(microseconds=1))
        assert await claimed(queue) == []

        await queue.advance(timedelta(microseconds=1))

        assert await claimed(queue) == [job]

    async def test_next_due_tells_when_a_pause_ends(self, queue: Queue) -> None:
        await queue.pause(lasting=HOUR)
        await queue.pause("pages", lasting=MINUTE)
        await queue.add(delay=2 * HOUR)

        assert await queue.next_due() == 60

    async def test_it_asks_for_a_last_look_once_a_pause_has_ended(self, queue: Queue) -> None:
        """A worker may have claimed just before the end and asked just after it."""
        await queue.pause(lasting=MINUTE)
        await queue.advance(MINUTE + timedelta(milliseconds=250))

        assert await queue.next_due() == 0.75

    async def test_a_pause_that_ended_long_ago_is_nothing_to_wait_for(self, queue: Queue) -> None:
        await queue.pause(lasting=MINUTE)
        await queue.advance(MINUTE + timedelta(seconds=1))

        assert await queue.next_due() is None

    async def test_a_pause_without_an_end_is_nothing_to_wait_for(self, queue: Queue) -> None:
        await queue.pause()

        assert await queue.next_due() is None


async def test_a_pause_that_was_rolled_back_was_none(queue: Queue, database: Database) -> None:
    job = await queue.add()
    async with open_queue(database.url) as other:
        pausing = other.connection.transaction()
        await pausing.start()
        await other.pause()

        assert await claimed(queue) == [job]

        await pausing.rollback()
