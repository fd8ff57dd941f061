"""finish, fail, snooze, release: how a running job ends its attempt, and that only its owner can end it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import anyio
import pytest

from fleet.db import RefusedValue, Row
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, NOON, Queue, open_queue

MINUTE = timedelta(minutes=1)


class TestFinish:
    async def test_a_finished_job_moves_into_the_history(self, queue: Queue) -> None:
        claim = await queue.claimed(args='{"a": 1}', unique_key="k", priority=3)
        live = await queue.live(claim["id"])
        assert live is not None
        await queue.advance(MINUTE)

        assert await queue.finish(claim, result='{"tests": 12}') == [claim["id"]]

        end = await queue.finished(claim["id"])
        assert end is not None
        kept = {name for name, _ in end.items()} & {name for name, _ in live.items()}
        assert {name: end[name] for name in kept} == {name: live[name] for name in kept}
        assert (end["outcome"], end["result"], end["error_class"]) == ("done", '{"tests": 12}', None)
        assert end["finished_at"] == queue.now
        assert await queue.live(claim["id"]) is None

    async def test_success_leaves_no_attempt_behind(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.finish(claim)

        assert await queue.attempts(claim["id"]) == []

    @pytest.mark.parametrize("ending", ["finish", "fail"])
    async def test_a_job_does_not_end_before_it_was_claimed(self, queue: Queue, ending: str) -> None:
        claim = await queue.claimed()
        await queue.advance(-MINUTE)
        await getattr(queue, ending)(claim)

        end = await queue.finished(claim["id"])
        assert end is not None
        assert end["finished_at"] == end["claimed_at"] == NOON

    async def test_a_batch_keeps_what_is_current_and_leaves_out_the_rest(self, queue: Queue) -> None:
        for _ in range(3):
            await queue.add()
        claims = await queue.claim(await queue.worker(), 3)
        await queue.release(claims[1])

        accepted = await queue.finish(*claims)

        assert sorted(accepted) == sorted([claims[0]["id"], claims[2]["id"]])

    async def test_a_result_that_is_not_json_changes_nothing(self, queue: Queue) -> None:
        for _ in range(2):
            await queue.add()
        claims = await queue.claim(await queue.worker(), 2)
        before = await queue.everything()

        with pytest.raises(RefusedValue):
            await queue.finish(*claims, result='{"a": "\\u0000"}')

        assert await queue.everything() == before

    async def test_a_job_and_its_effect_commit_together(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.connection.execute("create temporary table effect (n integer)")

        transaction = queue.connection.transaction()
        await transaction.start()
        await queue.connection.execute("insert into effect values (1)")
        assert await queue.finish(claim) == [claim["id"]]
        await transaction.rollback()

        assert await queue.state(claim["id"]) == "running"
        assert await queue.finish(claim) == [claim["id"]]


class TestFail:
    async def test_a_failed_job_runs_again_after_its_delay(self, queue: Queue) -> None:
        claim = await queue.claimed()

        assert await queue.fail(claim, delay=MINUTE) == [claim["id"]]

        live = await queue.live(claim["id"])
        assert live is not None
        assert (live["state"], live["run_at"], live["attempt"]) == ("scheduled", NOON + MINUTE, 1)
        assert (live["worker"], live["claimed_at"], live["progress"]) == (None, None, None)
        assert live["token"] > claim["token"]

    @pytest.mark.parametrize("delay", [timedelta(0), -MINUTE])
    async def test_a_failed_job_without_a_delay_is_ready_at_once(self, queue: Queue, delay: timedelta) -> None:
        claim = await queue.claimed()
        await queue.fail(claim, delay=delay)

        assert await queue.state(claim["id"]) == "ready"

    async def test_the_story_of_a_job_has_each_failed_attempt(self, queue: Queue) -> None:
        claim = await queue.claimed()
        await queue.advance(timedelta(seconds=1))
        await queue.fail(claim, delay=timedelta(0), error="KeyError", message="'owner'")

        (attempt,) = await queue.attempts(claim["id"])

        assert (attempt["outcome"], attempt["error_class"], attempt["error_message"]) == (
            "failed",
            "KeyError",
            "'owner'",
        )
        assert (attempt["token"], attempt["attempt"], attempt["started_at"]) == (claim["token"], 1, NOON)
        assert attempt["ended_at"] == NOON + timedelta(seconds=1)

    async def test_a_job_fails_for_good_with_its_last_attempt(self, queue: Queue) -> None:
        claim = await queue.claimed(max_attempts=1)
        await queue.fail(claim, delay=MINUTE)

        end = await queue.finished(claim["id"])
        assert end is not None
        assert (end["outcome"], end["error_class"], end["error_message"]) == ("failed", "Boom", "it broke")
        assert await queue.live(claim["id"]) is None
        assert len(await queue.attempts(claim["id"])) == 1

    async def test_a_job_fails_for_good_when_no_retry_would_help(self, queue: Queue) -> None:
        claim = await queue.claimed(max_attempts=100)
        await queue.fail(claim, delay=None)

        assert await queue.state(claim["id"]) == "failed"

    async def test_a_job_that_fails_twice_at_one_instant_ends_with_its_last_error(self, queue: Queue) -> None:
        job = await queue.add(max_attempts=2)
        for message in ("first", "last"):
            (claim,) = await queue.claim(await queue.worker())
            await queue.fail(claim, delay=timedelta(0), message=message)

        end = await queue.finished(job)
        assert end is not None
        assert end["error_message"] == "last"

    async def test_a_batch_may_hold_retries_and_final_failures(self, queue: Queue) -> None:
        last = await queue.add(max_attempts=1)
        again = await queue.add()
        claims = await queue.claim(await queue.worker(), 2)

        await queue.fail(*claims, delay=MINUTE)

        assert (await queue.state(last), await queue.state(again)) == ("failed", "scheduled")

    async def test_a_failure_without_a_class_is_refused(self, queue: Queue) -> None:
        claim = await queue.claimed(max_attempts=1)

        with pytest.raises(RefusedValue):
            await queue.fail(claim, error=None)

        assert await queue.state(claim["id"]) == "running"


class TestSnooze:
    async def test_a_snoozed_job_gets_its_attempt_back(self, queue: Queue) -> None:
        claim = await queue.claimed()

        assert await queue.snooze(claim, delay=MINUTE) == [claim["id"]]

        live = await queue.live(claim["id"])
        assert live is not None
        assert (live["state"], live["run_at"], live["attempt"]) == ("scheduled", NOON + MINUTE, 0)
        assert live["token"] > claim["token"]
        assert [row["outcome"] for row in await queue.attempts(claim["id"])] == ["snoozed"]

    async def test_a_job_on_its_last_attempt_may_snooze_as_often_as_it_likes(self, queue: Queue) -> None:
        job = await queue.add(max_attempts=1)
        worker = await queue.worker(lease=timedelta(days=1))
        for _ in range(20):
            (claim,) = await queue.claim(worker)
            await queue.snooze(claim, delay=MINUTE)
            await queue.advance(MINUTE)

        (claim,) = await queue.claim(worker)
        assert await queue.finish(claim) == [job]

    @pytest.mark.parametrize("delay", [None, timedelta(days=999_999)])
    async def test_a_delay_beyond_reason_is_refused(self, queue: Queue, delay: timedelta | None) -> None:
        claim = await queue.claimed()

        with pytest.raises(RefusedValue):
            await queue.snooze(claim, delay=delay)

        assert await queue.state(claim["id"]) == "running"


class TestRelease:
    async def test_release_costs_no_attempt(self, queue: Queue) -> None:
        claim = await queue.claimed()

        assert await queue.release(claim) == [claim["id"]]

        live = await queue.live(claim["id"])
        assert live is not None
        assert (live["state"], live["attempt"], live["interruptions"]) == ("ready", 0, 1)
        assert live["token"] > claim["token"]
        (attempt,) = await queue.attempts(claim["id"])
        assert (attempt["outcome"], attempt["error_class"], attempt["error_message"]) == (
            "interrupted",
            None,
            "shutdown",
        )

    async def test_a_job_on_its_last_attempt_is_handed_back_too(self, queue: Queue) -> None:
        claim = await queue.claimed(max_attempts=1)
        await queue.release(claim)

        assert await queue.state(claim["id"]) == "ready"

    @pytest.mark.parametrize("last", [1, 2])
    async def test_from_the_eleventh_interruption_on_attempts_are_used_up(self, queue: Queue, last: int) -> None:
        job = await queue.add(max_attempts=last)
        worker = await queue.worker()
        attempts: list[int] = []
        for _ in range(10 + last):
            (claim,) = await queue.claim(worker)
            attempts.append(claim["attempt"])
            assert await queue.release(claim) == [job]

        end = await queue.finished(job)
        assert attempts == [1] * 10 + list(range(1, last + 1))
        assert end is not None
        assert (end["outcome"], end["error_class"]) == ("lost", "Interrupted")
        assert [row["outcome"] for row in await queue.attempts(job)] == ["interrupted"] * (10 + last)

    async def test_a_job_that_was_interrupted_too_often_runs_on_while_another_is_handed_back(
        self, queue: Queue
    ) -> None:
        claim, other = await queue.claimed(max_attempts=1), await queue.claimed(max_attempts=1)
        await queue.connection.execute("update fleet.job set interruptions = 10")

        await queue.release(claim)

        assert (await queue.state(claim["id"]), await queue.state(other["id"])) == ("lost", "running")

    async def test_releasing_nothing_is_no_error(self, queue: Queue) -> None:
        assert await queue.release() == []


async def test_progress_is_shown_until_the_attempt_ends(queue: Queue) -> None:
    claim = await queue.claimed()
    assert await queue.report(claim)
    live = await queue.live(claim["id"])
    assert live is not None
    assert live["progress"] == '{"done": 1}'

    await queue.fail(claim, delay=MINUTE)
    live = await queue.live(claim["id"])
    assert live is not None
    assert live["progress"] is None


async def test_progress_is_that_of_one_job(queue: Queue) -> None:
    claim, other = await queue.claimed(), await queue.claimed()

    assert await queue.report(claim)

    live = await queue.live(other["id"])
    assert live is not None
    assert live["progress"] is None


# What became of a job whose first owner still believes it is his.


async def _rescued(queue: Queue, _claim: Row) -> None:
    await queue.advance(LEASE)
    assert await queue.rescue() == 1


async def _claimed_again(queue: Queue, claim: Row) -> None:
    await _rescued(queue, claim)
    assert [again["id"] for again in await queue.claim(await queue.worker())] == [claim["id"]]


async def _claimed_again_by_the_same_worker(queue: Queue, claim: Row) -> None:
    live = await queue.live(claim["id"])
    assert live is not None
    await queue.release(claim)
    assert [again["id"] for again in await queue.claim(live["worker"])] == [claim["id"]]


async def _done(queue: Queue, claim: Row) -> None:
    await queue.finish(claim)


async def _retried(queue: Queue, claim: Row) -> None:
    await queue.fail(claim, delay=MINUTE)


async def _snoozed(queue: Queue, claim: Row) -> None:
    await queue.snooze(claim, delay=MINUTE)


async def _failed_for_good(queue: Queue, claim: Row) -> None:
    await queue.fail(claim, delay=None)


async def _taken_back_by_hand(queue: Queue, _claim: Row) -> None:
    await queue.connection.execute("update fleet.job set state = 'ready', worker = null, claimed_at = null")


async def _deleted(queue: Queue, _claim: Row) -> None:
    await queue.connection.execute("delete from fleet.job")


Fate = Callable[[Queue, Row], Awaitable[None]]


@pytest.mark.parametrize("write", ["finish", "fail", "fail_for_good", "snooze", "release", "report"])
@pytest.mark.parametrize(
    "fate",
    [
        _rescued,
        _claimed_again,
        _claimed_again_by_the_same_worker,
        _done,
        _retried,
        _snoozed,
        _failed_for_good,
        _taken_back_by_hand,
        _deleted,
    ],
)
async def test_a_stale_owner_cannot_change_a_job_it_lost(queue: Queue, fate: Fate, write: str) -> None:
    claim = await queue.claimed()
    await fate(queue, claim)
    before = await queue.everything()

    writes: dict[str, Callable[[], Awaitable[object]]] = {
        "finish": partial(queue.finish, claim),
        "fail": partial(queue.fail, claim, delay=MINUTE),
        "fail_for_good": partial(queue.fail, claim, delay=None),
        "snooze": partial(queue.snooze, claim),
        "release": partial(queue.release, claim),
        "report": partial(queue.report, claim),
    }
    answer = await writes[write]()

    assert not answer
    assert await queue.everything() == before


class TestBatches:
    @pytest.mark.parametrize("ending", ["finish", "fail", "snooze", "release"])
    async def test_a_batch_locks_its_jobs_in_id_order(self, queue: Queue, database: Database, ending: str) -> None:
        jobs = [await queue.add() for _ in range(3)]
        claims = sorted(await queue.claim(await queue.worker(), 3), key=lambda claim: -int(claim["id"]))
        given = claims if ending != "finish" else claims[::-1]  # whose callers keep the order

        async with (
            open_queue(database.url) as late,
            anyio.create_task_group() as tasks,
            queue.connection.transaction(),
        ):
            await queue.connection.execute("select from fleet.job where id = $1 for update", jobs[1])
            tasks.start_soon(partial(getattr(late, ending), *given))
            async with open_queue(database.url) as watcher:
                await until(partial(watcher.is_waiting, late))
                assert await _is_locked(watcher, jobs[0])
                assert not await _is_locked(watcher, jobs[2])

    async def test_each_job_of_a_batch_has_its_own_delay_and_error(self, queue: Queue) -> None:
        jobs = [await queue.add(max_attempts=attempts) for attempts in (3, 1, 3, 3)]
        claims = await queue.claim(await queue.worker(), 4)
        delays = [None, 5 * MINUTE, MINUTE, 2 * MINUTE]

        await queue.connection.execute(
            "select fleet.fail($1, $2, $3, $4, $5)",
            [claim["id"] for claim in claims],
            [claim["token"] for claim in claims],
            delays,
            ["A", "B", "C", "D"],
            ["a", "b", "c", "d"],
        )

        ended = [await queue.finished(job) for job in jobs[:2]]
        assert [end and (end["error_class"], end["error_message"]) for end in ended] == [("A", "a"), ("B", "b")]
        again = [await queue.live(job) for job in jobs[2:]]
        assert [live and live["run_at"] for live in again] == [NOON + MINUTE, NOON + 2 * MINUTE]

    async def test_each_job_of_a_batch_is_put_off_for_as_long_as_it_asked(self, queue: Queue) -> None:
        jobs = [await queue.add() for _ in range(2)]
        claims = await queue.claim(await queue.worker(), 2)

        await queue.connection.execute(
            "select fleet.snooze($1, $2, $3, $4)",
            [claim["id"] for claim in claims],
            [claim["token"] for claim in claims],
            [MINUTE, 2 * MINUTE],
            ["soon", "later"],
        )

        snoozed = [await queue.live(job) for job in jobs]
        assert [live and live["run_at"] for live in snoozed] == [NOON + MINUTE, NOON + 2 * MINUTE]

    async def test_two_batches_of_the_same_jobs_do_not_deadlock(self, queue: Queue, database: Database) -> None:
        await queue.connection.execute("select fleet.enqueue('note') from generate_series(1, 300)")
        claims = sorted(await queue.claim(await queue.worker(), 300), key=lambda claim: int(claim["id"]))
        accepted: list[int] = []

        async def write(ending: str) -> None:
            async with open_queue(database.url) as other:
                accepted.extend(await getattr(other, ending)(*claims))

        async with anyio.create_task_group() as tasks:
            for ending in ("finish", "fail", "snooze", "release", "finish", "release"):
                tasks.start_soon(write, ending)

        assert sorted(accepted) == [claim["id"] for claim in claims]


async def _is_locked(queue: Queue, job: int) -> bool:
    free = await queue.connection.fetch("select from fleet.job where id = $1 for update skip locked", job)
    return not free
