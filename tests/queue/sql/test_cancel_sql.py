"""cancel: a waiting job ends at once, a running one when its worker has stopped it, and nothing brings it back."""

from datetime import timedelta
from functools import partial

import anyio
import pytest

from fleet.db import RefusedValue, Row, ServerError, connect
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, NOON, Change, Queue, open_queue

MINUTE = timedelta(minutes=1)


async def cancelling(queue: Queue, *, max_attempts: int = 3) -> Row:
    """A running job that its worker has yet to stop."""
    claim = await queue.claimed(max_attempts=max_attempts)
    assert await queue.cancel(claim["id"], reason="wrong repo") == [(claim["id"], "running", "cancelling")]
    return claim


class TestWaiting:
    @pytest.mark.parametrize(("delay", "state"), [(None, "ready"), (MINUTE, "scheduled")])
    async def test_a_waiting_job_is_cancelled_at_once(self, queue: Queue, delay: timedelta | None, state: str) -> None:
        job = await queue.add(args='{"a": 1}', delay=delay, priority=3, unique_key="k")
        await queue.advance(timedelta(seconds=1))

        assert await queue.cancel(job, reason="wrong repo") == [(job, state, "cancelled")]

        end = await queue.finished(job)
        assert end is not None
        assert (end["outcome"], end["error_class"], end["error_message"]) == ("cancelled", None, "wrong repo")
        assert (end["args"], end["priority"], end["unique_key"]) == ('{"a": 1}', 3, "k")
        assert (end["enqueued_at"], end["claimed_at"], end["finished_at"]) == (NOON, None, queue.now)
        assert await queue.live(job) is None

    async def test_a_cancelled_job_is_not_claimed(self, queue: Queue) -> None:
        await queue.cancel(await queue.add())

        assert await queue.claim(await queue.worker()) == []

    async def test_a_cancelled_job_keeps_the_story_of_its_attempts(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.fail(claim, delay=MINUTE)
        await queue.cancel(claim["id"])

        end = await queue.finished(claim["id"])
        assert end is not None
        assert (end["attempt"], end["token"]) == (1, claim["token"] + 1)
        assert [attempt["outcome"] for attempt in await queue.attempts(claim["id"])] == ["failed"]

    async def test_a_cancelled_job_gives_up_its_unique_key(self, queue: Queue) -> None:
        await queue.cancel(await queue.add(unique_key="k"))

        assert (await queue.enqueue(unique_key="k"))["inserted"]


class TestRunning:
    async def test_a_running_job_keeps_the_request_until_its_worker_ends_it(self, queue: Queue) -> None:
        claim = await cancelling(queue)

        live = await queue.live(claim["id"])
        assert live is not None
        assert (live["state"], live["cancel_requested_at"], live["cancel_reason"]) == ("running", NOON, "wrong repo")
        assert await queue.finished(claim["id"]) is None

    async def test_its_worker_finds_the_request_without_being_told(self, queue: Queue) -> None:
        claim = await cancelling(queue)
        live = await queue.live(claim["id"])
        assert live is not None

        held = await queue.held_by(live["worker"])

        assert [tuple(row) for row in held] == [(claim["id"], claim["token"], True)]

    async def test_it_keeps_running_when_another_goes_back(self, queue: Queue) -> None:
        claim = await cancelling(queue)
        other = await queue.claimed()

        await queue.release(other)

        assert await queue.state(claim["id"]) == "running"

    async def test_a_job_handed_back_after_the_request_is_cancelled(self, queue: Queue) -> None:
        claim = await cancelling(queue)
        await queue.advance(MINUTE)

        assert await queue.release(claim) == [claim["id"]]

        end = await queue.finished(claim["id"])
        assert end is not None
        assert (end["outcome"], end["error_class"], end["error_message"]) == ("cancelled", None, "wrong repo")
        assert (end["claimed_at"], end["finished_at"]) == (NOON, NOON + MINUTE)
        (attempt,) = await queue.attempts(claim["id"])
        assert (attempt["outcome"], attempt["error_message"], attempt["ended_at"]) == (
            "cancelled",
            "wrong repo",
            NOON + MINUTE,
        )

    @pytest.mark.parametrize("max_attempts", [1, 3])
    @pytest.mark.parametrize("delay", [MINUTE, None])
    async def test_a_job_that_fails_after_the_request_is_not_tried_again(
        self, queue: Queue, max_attempts: int, delay: timedelta | None
    ) -> None:
        claim = await cancelling(queue, max_attempts=max_attempts)

        assert await queue.fail(claim, delay=delay) == [claim["id"]]

        end = await queue.finished(claim["id"])
        assert end is not None
        assert (end["outcome"], end["error_class"], end["error_message"]) == ("cancelled", None, "wrong repo")
        (attempt,) = await queue.attempts(claim["id"])
        assert (attempt["outcome"], attempt["error_class"], attempt["error_message"]) == ("failed", "Boom", "it broke")

    async def test_a_job_snoozed_after_the_request_is_cancelled(self, queue: Queue) -> None:
        claim = await cancelling(queue)

        assert await queue.snooze(claim) == [claim["id"]]

        assert await queue.state(claim["id"]) == "cancelled"

    @pytest.mark.parametrize("max_attempts", [1, 3])
    async def test_a_job_whose_worker_died_after_the_request_is_cancelled(
        self, queue: Queue, max_attempts: int
    ) -> None:
        claim = await cancelling(queue, max_attempts=max_attempts)
        await queue.advance(LEASE)

        assert await queue.rescue() == 1

        assert await queue.state(claim["id"]) == "cancelled"
        assert [attempt["outcome"] for attempt in await queue.attempts(claim["id"])] == ["lost"]

    async def test_a_handler_that_finishes_before_it_was_stopped_wins(self, queue: Queue) -> None:
        claim = await cancelling(queue)

        assert await queue.finish(claim, result='{"tests": 12}') == [claim["id"]]
        assert await queue.release(claim) == []

        assert await queue.state(claim["id"]) == "done"
        assert await queue.cancel(claim["id"]) == [(claim["id"], "done", "done")]

    async def test_a_handler_that_finishes_after_its_job_was_cancelled_writes_nothing(self, queue: Queue) -> None:
        claim = await cancelling(queue)
        await queue.release(claim)
        before = await queue.everything()

        assert await queue.finish(claim) == []

        assert await queue.everything() == before

    async def test_the_first_request_and_its_reason_stay(self, queue: Queue) -> None:
        claim = await cancelling(queue)
        await queue.advance(MINUTE)

        assert await queue.cancel(claim["id"], reason="again") == [(claim["id"], "cancelling", "cancelling")]

        live = await queue.live(claim["id"])
        assert live is not None
        assert (live["cancel_requested_at"], live["cancel_reason"]) == (NOON, "wrong repo")

    async def test_a_batch_that_is_handed_back_ends_only_what_was_cancelled(self, queue: Queue) -> None:
        jobs = [await queue.add() for _ in range(3)]
        claims = await queue.claim(await queue.worker(), 3)
        await queue.cancel(jobs[1])

        assert len(await queue.release(*claims)) == 3

        assert [await queue.state(job) for job in jobs] == ["ready", "cancelled", "ready"]

    async def test_each_worker_is_told_once(self, queue: Queue, database: Database) -> None:
        claims = [await queue.claimed() for _ in range(2)]
        await queue.add()
        await queue.add()
        both = await queue.claim(await queue.worker(), 2)
        workers = await queue.connection.fetch("select distinct worker::text from fleet.job order by 1")
        heard: list[object] = []
        async with connect(database.url, application="fleet-tests") as listener:
            await listener.add_listener("fleet_cancel", lambda *notification: heard.append(notification[-1]))
            await queue.cancel(*(claim["id"] for claim in [*claims, *both]))
            await listener.execute("notify fleet_cancel, '.'")

            async def all_heard() -> bool:
                return "." in heard

            await until(all_heard)

        assert sorted(map(str, heard[:-1])) == [row["worker"] for row in workers]


class TestAnswers:
    async def test_every_id_that_was_given_is_answered_once(self, queue: Queue) -> None:
        waiting = await queue.add()
        claim = await queue.claimed(priority=-1)
        failed = await queue.claimed(priority=-1)
        await queue.fail(failed)

        answers = await queue.cancel(10**12, failed["id"], claim["id"], waiting, waiting, None)

        assert answers == [
            (waiting, "ready", "cancelled"),
            (claim["id"], "running", "cancelling"),
            (failed["id"], "failed", "failed"),
            (10**12, None, None),
        ]

    async def test_no_ids_are_no_mistake(self, queue: Queue) -> None:
        assert await queue.cancel() == []
        assert await queue.connection.fetch("select id from fleet.cancel(null)") == []

    async def test_a_reason_may_be_as_long_as_it_may(self, queue: Queue) -> None:
        job = await queue.add()

        assert await queue.cancel(job, reason="x" * 1024) == [(job, "ready", "cancelled")]

    async def test_a_reason_that_is_too_long_changes_nothing(self, queue: Queue) -> None:
        job = await queue.add()

        with pytest.raises(ServerError, match="a reason must fit in 1024 bytes") as refusal:
            await queue.cancel(job, reason="x" * 1025)

        assert refusal.value.sqlstate == "FL002"
        assert await queue.state(job) == "ready"

    @pytest.mark.parametrize(
        "change", ["cancel_requested_at = now()", "cancel_reason = 'because'", "cancel_requested_at = '-infinity'"]
    )
    async def test_a_waiting_job_cannot_be_marked_by_hand(self, queue: Queue, change: str) -> None:
        job = await queue.add()

        with pytest.raises(RefusedValue):
            await queue.connection.execute(f"update fleet.job set {change} where id = $1", job)


class TestRaces:
    async def test_a_cancel_waits_for_the_ending_that_came_first(self, queue: Queue, database: Database) -> None:
        claim = await queue.claimed()
        answers: list[tuple[int, str | None, str | None]] = []

        async with open_queue(database.url) as late, open_queue(database.url) as watcher:

            async def cancel() -> None:
                answers.extend(await late.cancel(claim["id"]))

            async with anyio.create_task_group() as tasks, queue.connection.transaction():
                await queue.finish(claim)
                tasks.start_soon(cancel)
                await until(partial(watcher.is_waiting, late))

        assert answers == [(claim["id"], "done", "done")]

    async def test_cancels_and_endings_of_the_same_jobs_do_not_deadlock(self, queue: Queue, database: Database) -> None:
        await queue.connection.execute("select fleet.enqueue('note') from generate_series(1, 200)")
        claims = sorted(await queue.claim(await queue.worker(), 200), key=lambda claim: int(claim["id"]))
        jobs = [claim["id"] for claim in claims]

        async def act(step: str) -> None:
            async with open_queue(database.url) as other:
                given = claims if step != "cancel" else jobs[::-1]
                await getattr(other, step)(*given)

        async with anyio.create_task_group() as tasks:
            for step in ("cancel", "fail", "cancel", "release", "cancel", "finish"):
                tasks.start_soon(act, step)

        assert {await queue.state(job) for job in jobs} <= {"failed", "cancelled", "ready", "done"}

    async def test_a_job_that_is_brought_back_while_others_are_cancelled_stays_back(
        self, queue: Queue, database: Database
    ) -> None:
        failed = await queue.claimed()
        await queue.fail(failed)
        waiting = await queue.add()
        answers: list[Change] = []

        async with open_queue(database.url) as late, open_queue(database.url) as watcher:

            async def cancel() -> None:
                answers.extend(await late.cancel(failed["id"], waiting))

            async with anyio.create_task_group() as tasks, queue.connection.transaction():
                # Where the end of the waiting one is written: between the lock and the request to the running ones.
                await queue.connection.execute("lock table fleet.attempt")
                tasks.start_soon(cancel)
                await until(partial(watcher.is_waiting, late))
                await queue.retry(failed["id"])

        assert answers == [(failed["id"], "failed", "ready"), (waiting, "ready", "cancelled")]


async def test_a_cancel_waits_for_nobody_who_has_another_job(queue: Queue, database: Database) -> None:
    job, other = await queue.add(), await queue.add()
    async with open_queue(database.url) as busy, busy.connection.transaction():
        await busy.connection.execute("select from fleet.job where id = $1 for update", other)

        await queue.connection.execute("set lock_timeout = '5s'")
        assert await queue.cancel(job) == [(job, "ready", "cancelled")]
