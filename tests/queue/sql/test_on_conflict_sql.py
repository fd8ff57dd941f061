"""What becomes of a waiting job when its unique key is enqueued again: skip, replace or debounce."""

from datetime import timedelta
from functools import partial
from typing import Any

import anyio
import pytest

from fleet.db import Row, ServerError
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import NOON, Queue, open_queue

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["active", "waiting"])
async def scoped(queue: Queue, request: pytest.FixtureRequest) -> Queue:
    await queue.declare("note", unique_scope=request.param)
    return queue


async def _look(queue: Queue, job: int) -> tuple[object, ...]:
    live = await queue.live(job)
    assert live is not None
    return live["args"], live["priority"], live["run_at"], live["state"]


async def _renew(queue: Queue, key: str) -> int | None:
    renewed: int | None = await queue.connection.fetchval(
        """select fleet.renew_waiting(k, $1, '{"n": 2}', 0, fleet.now(), null, fleet.now(), null)"""
        " from fleet.kind as k",
        key,
    )
    return renewed


async def test_replace_gives_the_waiting_job_the_new_arguments_priority_and_time(scoped: Queue) -> None:
    job = await scoped.add(args='{"n": 1}', unique_key="k", priority=3)

    again = await scoped.enqueue(args='{"n": 2}', unique_key="k", priority=-1, delay=MINUTE, on_conflict="replace")

    assert (again["id"], again["inserted"]) == (job, False)
    assert await _look(scoped, job) == ('{"n": 2}', -1, NOON + MINUTE, "scheduled")


async def test_replace_makes_a_scheduled_job_ready_when_it_is_wanted_now(scoped: Queue) -> None:
    job = await scoped.add(unique_key="k", delay=MINUTE)

    await scoped.enqueue(unique_key="k", on_conflict="replace")

    assert await _look(scoped, job) == ("{}", 0, NOON, "ready")


@pytest.mark.parametrize("scope", ["active", "waiting"])
async def test_other_kinds_and_keys_are_left_alone(queue: Queue, scope: str) -> None:
    # Both come first, by their ids and by their names.
    for kind in ("note", "another"):
        await queue.declare(kind, unique_scope=scope)
    others = [await queue.add("another", unique_key="k"), await queue.add(unique_key="j")]
    job = await queue.add(unique_key="k")
    before = [await queue.live(other) for other in others]

    again = await queue.enqueue(args='{"n": 2}', unique_key="k", on_conflict="replace")

    assert again["id"] == job
    assert [await queue.live(other) for other in others] == before


@pytest.mark.parametrize("mode", ["replace", "debounce"])
async def test_a_free_key_is_enqueued_whatever_the_mode(scoped: Queue, mode: str) -> None:
    assert (await scoped.enqueue(unique_key="k", delay=MINUTE, on_conflict=mode))["inserted"]


@pytest.mark.parametrize("mode", ["replace", "debounce"])
async def test_a_running_job_is_not_touched(queue: Queue, mode: str) -> None:
    claim = await queue.claimed(unique_key="k")
    before = await queue.everything()

    again = await queue.enqueue(args='{"n": 2}', unique_key="k", delay=MINUTE, on_conflict=mode)

    assert (again["id"], again["inserted"]) == (claim["id"], False)
    assert await queue.everything() == before


@pytest.mark.parametrize("mode", ["replace", "debounce"])
async def test_with_the_scope_waiting_a_running_job_is_not_in_the_way(queue: Queue, mode: str) -> None:
    await queue.declare("note", unique_scope="waiting")
    claim = await queue.claimed(unique_key="k")

    again = await queue.enqueue(unique_key="k", delay=MINUTE, on_conflict=mode)
    renewed = await queue.enqueue(unique_key="k", delay=MINUTE, on_conflict=mode)

    assert again["inserted"]
    assert again["id"] != claim["id"]
    assert (renewed["id"], renewed["inserted"]) == (again["id"], False)


@pytest.mark.parametrize("mode", ["replace", "debounce"])
async def test_a_running_job_may_end_before_whoever_enqueued_its_key_commits(
    queue: Queue, database: Database, mode: str
) -> None:
    claim = await queue.claimed(unique_key="k")
    await queue.connection.execute("set lock_timeout = '1 s'")

    async with open_queue(database.url) as other, other.connection.transaction():
        await other.enqueue(unique_key="k", delay=MINUTE, on_conflict=mode)
        assert await queue.finish(claim) == [claim["id"]]


async def test_a_renewal_of_one_scope_leaves_a_job_of_the_other_alone(queue: Queue) -> None:
    for first, then in (("waiting", "active"), ("active", "waiting")):
        await queue.declare("note", unique_scope=first)
        await queue.add(unique_key=first)
        await queue.declare("note", unique_scope=then)

        assert await _renew(queue, first) is None


async def test_each_debounce_puts_the_job_off_and_the_newest_arguments_win(scoped: Queue) -> None:
    job = await scoped.add(args='{"n": 1}', unique_key="k", delay=MINUTE, priority=3, on_conflict="debounce")
    await scoped.advance(timedelta(seconds=50))

    again = await scoped.enqueue(args='{"n": 2}', unique_key="k", delay=MINUTE, on_conflict="debounce")

    assert (again["id"], again["inserted"]) == (job, False)
    assert await _look(scoped, job) == ('{"n": 2}', 3, scoped.now + MINUTE, "scheduled")


async def test_a_debounce_takes_a_ready_job_back(scoped: Queue) -> None:
    job = await scoped.add(unique_key="k")

    await scoped.enqueue(unique_key="k", delay=MINUTE, on_conflict="debounce")

    assert await scoped.state(job) == "scheduled"


async def test_a_debounce_is_bounded_when_asked(scoped: Queue) -> None:
    bounded: dict[str, Any] = {
        "unique_key": "k",
        "delay": MINUTE,
        "on_conflict": "debounce",
        "debounce_at_most": timedelta(seconds=90),
    }
    job = await scoped.add(**bounded)

    await scoped.advance(timedelta(seconds=50))
    await scoped.enqueue(**bounded)
    assert await _look(scoped, job) == ("{}", 0, NOON + timedelta(seconds=90), "scheduled")

    await scoped.advance(timedelta(seconds=50))
    await scoped.enqueue(**bounded)
    assert await scoped.state(job) == "ready"


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"on_conflict": "overwrite"}, "on_conflict must be skip, replace or debounce, not 'overwrite'"),
        ({"on_conflict": None}, "on_conflict must be skip, replace or debounce, not NULL"),
        ({"on_conflict": "replace"}, "replace needs a unique key"),
        ({"on_conflict": "debounce", "delay": MINUTE}, "debounce needs a unique key"),
        ({"on_conflict": "debounce", "unique_key": "k"}, "debounce needs a delay"),
        ({"unique_key": "k", "debounce_at_most": MINUTE}, "debounce_at_most is for on_conflict debounce, not skip"),
        (
            {"on_conflict": "debounce", "unique_key": "k", "delay": MINUTE, "debounce_at_most": timedelta(0)},
            "debounce_at_most must be more than nothing and within 200 years, not 00:00:00",
        ),
    ],
    ids=str,
)
async def test_a_mode_that_makes_no_sense_is_refused(queue: Queue, named: dict[str, object], sentence: str) -> None:
    with pytest.raises(ServerError, match=sentence) as refusal:
        await queue.enqueue("note", "{}", **named)

    assert refusal.value.sqlstate == "FL002"
    assert await queue.everything() == []


@pytest.mark.parametrize("mode", ["skip", "replace", "debounce"])
async def test_fifty_connections_that_enqueue_one_key_get_one_job_that_the_last_has_shaped(
    scoped: Queue, database: Database, mode: str
) -> None:
    rows: list[Row] = []
    gate = anyio.Event()

    async def enqueue(number: int) -> None:
        async with open_queue(database.url) as other:
            await gate.wait()
            for turn in range(3):
                args = f'{{"n": {number * 3 + turn}}}'
                rows.append(await other.enqueue(args=args, unique_key="k", delay=MINUTE, on_conflict=mode))

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(enqueue, number)
        gate.set()

    assert len({row["id"] for row in rows}) == 1
    assert [row["inserted"] for row in rows].count(True) == 1
    (live,) = await scoped.connection.fetch("select (args ->> 'n')::int % 3 as turn, run_at from fleet.job")
    # The last of all is some connection's last; the first of all is some connection's first.
    assert (live["turn"], live["run_at"]) == (0 if mode == "skip" else 2, NOON + MINUTE)


@pytest.mark.parametrize("mode", ["replace", "debounce"])
async def test_a_job_that_is_claimed_while_it_is_to_be_renewed_runs_as_it_was_claimed(
    queue: Queue, database: Database, mode: str
) -> None:
    job = await queue.add(args='{"n": 1}', unique_key="k")
    worker = await queue.worker()
    rows: list[Row] = []

    async with (
        open_queue(database.url) as watcher,
        open_queue(database.url) as other,
        anyio.create_task_group() as tasks,
    ):

        async def enqueue() -> None:
            rows.append(await other.enqueue(args='{"n": 2}', unique_key="k", delay=MINUTE, on_conflict=mode))

        async with queue.connection.transaction():
            await queue.claim(worker)
            tasks.start_soon(enqueue)
            await until(partial(watcher.is_waiting, other))

    assert [(row["id"], row["inserted"]) for row in rows] == [(job, False)]
    live = await queue.live(job)
    assert live is not None
    assert (live["state"], live["args"]) == ("running", '{"n": 1}')


@pytest.mark.parametrize("mode", ["replace", "debounce"])
async def test_a_job_that_came_in_place_of_the_one_to_be_renewed_is_renewed(
    scoped: Queue, database: Database, mode: str
) -> None:
    await scoped.add(unique_key="k")
    worker = await scoped.worker()
    rows: list[Row] = []

    async with (
        open_queue(database.url) as watcher,
        open_queue(database.url) as other,
        anyio.create_task_group() as tasks,
    ):

        async def enqueue() -> None:
            rows.append(await other.enqueue(args='{"n": 2}', unique_key="k", delay=MINUTE, on_conflict=mode))

        async with scoped.connection.transaction():
            await scoped.connection.execute("select from fleet.job for update")
            tasks.start_soon(enqueue)
            await until(partial(watcher.is_waiting, other))
            await scoped.finish(*await scoped.claim(worker))
            job = await scoped.add(unique_key="k")

    assert [(row["id"], row["inserted"]) for row in rows] == [(job, False)]
    assert (await _look(scoped, job))[0] == '{"n": 2}'


async def test_a_renewal_that_finds_its_job_claimed_meanwhile_renews_nothing(queue: Queue, database: Database) -> None:
    job = await queue.add(unique_key="k")
    worker = await queue.worker()
    renewed: list[int | None] = []

    async with (
        open_queue(database.url) as watcher,
        open_queue(database.url) as other,
        anyio.create_task_group() as tasks,
    ):

        async def renew() -> None:
            renewed.append(await _renew(other, "k"))

        async with queue.connection.transaction():
            await queue.claim(worker)
            tasks.start_soon(renew)
            await until(partial(watcher.is_waiting, other))

    live = await queue.live(job)
    assert live is not None
    assert (renewed, live["args"]) == ([None], "{}")
