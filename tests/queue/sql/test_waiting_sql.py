"""reschedule, reprioritise, move: waiting jobs change, and nothing else does."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from fleet.db import ServerError
from tests.queue.sql.session import NOON, Change, Queue

MINUTE = timedelta(minutes=1)


class TestReschedule:
    async def test_a_ready_job_waits_until_its_new_time(self, queue: Queue) -> None:
        job = await queue.add()

        assert await queue.reschedule(job, to=NOON + MINUTE) == [(job, "ready", "scheduled")]

        assert await queue.claim(await queue.worker()) == []
        await queue.advance(MINUTE)
        assert len(await queue.claim(await queue.worker())) == 1

    @pytest.mark.parametrize("to", [NOON, NOON - MINUTE])
    async def test_a_scheduled_job_whose_new_time_has_passed_is_ready(self, queue: Queue, to: datetime) -> None:
        job = await queue.add(delay=MINUTE)

        assert await queue.reschedule(job, to=to) == [(job, "scheduled", "ready")]

        live = await queue.live(job)
        assert live is not None
        assert live["run_at"] == to

    async def test_it_needs_a_time(self, queue: Queue) -> None:
        job = await queue.add()

        with pytest.raises(ServerError, match="give a time to run at") as refusal:
            await queue.reschedule(job, to=None)

        assert refusal.value.sqlstate == "FL002"

    async def test_a_time_out_of_bounds_changes_nothing(self, queue: Queue) -> None:
        job = await queue.add()

        with pytest.raises(ServerError, match="run_at must lie between"):
            await queue.reschedule(job, to=datetime.fromisoformat("2300-01-01T00:00Z"))

        assert await queue.state(job) == "ready"

    async def test_a_job_that_waits_for_its_keys_turn_keeps_waiting_for_it(self, queue: Queue) -> None:
        await queue.connection.execute("select fleet.limit_keys('notes', 1)")
        _, job = await queue.add(fair_key="k"), await queue.add(fair_key="k")
        await queue.connection.execute("select fleet.admit()")

        assert await queue.reschedule(job, to=NOON) == [(job, "held", "held")]

    async def test_a_held_job_whose_time_is_ahead_is_scheduled(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.connection.execute("update fleet.job set state = 'held', fair_key = 'k'")

        assert await queue.reschedule(job, to=NOON + MINUTE) == [(job, "held", "scheduled")]


class TestReprioritise:
    async def test_the_lowest_number_runs_first(self, queue: Queue) -> None:
        first, second = await queue.add(), await queue.add()

        assert await queue.reprioritise(second, to=-1) == [(second, "ready", "ready")]

        claims = [(await queue.claim(await queue.worker()))[0]["id"] for _ in range(2)]
        assert claims == [second, first]

    @pytest.mark.parametrize("to", [None, 32768, -32769])
    async def test_a_priority_that_is_none_changes_nothing(self, queue: Queue, to: int | None) -> None:
        job = await queue.add()
        before = await queue.everything()

        with pytest.raises(ServerError, match="priority") as refusal:
            await queue.reprioritise(job, to=to)

        assert refusal.value.sqlstate == "FL002"
        assert await queue.everything() == before


class TestMove:
    @pytest.mark.parametrize(("delay", "state"), [(None, "ready"), (MINUTE, "scheduled")])
    async def test_a_waiting_job_is_claimed_from_its_new_queue(
        self, queue: Queue, delay: timedelta | None, state: str
    ) -> None:
        job = await queue.add(delay=delay)

        assert await queue.move(job, to="urgent") == [(job, state, state)]

        await queue.advance(MINUTE)
        assert await queue.claim(await queue.worker()) == []
        assert [claim["id"] for claim in await queue.claim(await queue.worker(), queues=["urgent"])] == [job]

    @pytest.mark.parametrize("to", [None, "", "Urgent", "a-b", "q" * 64])
    async def test_what_is_no_name_of_a_queue_changes_nothing(self, queue: Queue, to: str | None) -> None:
        job = await queue.add()
        before = await queue.everything()

        with pytest.raises(ServerError, match="queue") as refusal:
            await queue.move(job, to=to)

        assert refusal.value.sqlstate == "FL002"
        assert await queue.everything() == before


@pytest.mark.parametrize("change", ["reschedule", "reprioritise", "move"])
async def test_what_does_not_wait_stays_as_it_is(queue: Queue, change: str) -> None:
    running = (await queue.claimed())["id"]
    done = await queue.claimed()
    await queue.finish(done)
    before = await queue.everything()

    changes: dict[str, Callable[..., Awaitable[list[Change]]]] = {
        "reschedule": partial(queue.reschedule, to=NOON + MINUTE),
        "reprioritise": partial(queue.reprioritise, to=7),
        "move": partial(queue.move, to="urgent"),
    }
    answers = await changes[change](10**12, done["id"], running)

    assert answers == [(running, "running", "running"), (done["id"], "done", "done"), (10**12, None, None)]
    assert await queue.everything() == before
