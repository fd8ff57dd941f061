"""fleet.enqueue_many: many jobs in one statement, as if each had been enqueued in turn."""

import json
from datetime import timedelta
from functools import partial

import anyio
import pytest

from fleet.db import RefusedValue, ServerError
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import NOON, Queue, open_queue

MINUTE = timedelta(minutes=1)


async def _many(queue: Queue, *jobs: object, **named: object) -> list[tuple[int, bool]]:
    rest = "".join(f", {name} => ${number}" for number, name in enumerate(named, 2))
    rows = await queue.connection.fetch(
        f"select ordinality, id, inserted from fleet.enqueue_many($1::text::jsonb{rest}) order by ordinality",
        json.dumps(jobs),
        *named.values(),
    )
    assert [row["ordinality"] for row in rows] == list(range(1, len(jobs) + 1))
    return [(row["id"], row["inserted"]) for row in rows]


def _keyed(key: str, **more: object) -> dict[str, object]:
    return {"kind": "note", "unique_key": key, **more}


async def test_each_job_is_what_it_would_be_alone(queue: Queue) -> None:
    await queue.declare("page", queue="pages", max_attempts=7, unique_by=["n"])
    options = {"queue": "urgent", "priority": -3, "max_attempts": 2, "unique_key": "k"}
    trace = f"00-{'a' * 32}-{'b' * 16}-01"

    (plain, _), (full, _), (late, _), (dated, _) = await _many(
        queue,
        {"kind": "page"},
        {"kind": "note", "args": {"a": [1]}, "traceparent": trace, **options},
        {"kind": "page", "args": {"n": 1}, "delay": "1 min"},
        {"kind": "note", "run_at": (NOON + MINUTE).isoformat()},
    )

    columns = "kind, queue, state::text, priority, args, max_attempts, run_at, enqueued_at"
    jobs = {
        row["id"]: row
        for row in await queue.connection.fetch(f"select id, unique_key, traceparent, {columns} from fleet.job")
    }
    assert tuple(jobs[plain])[3:] == ("page", "pages", "ready", 0, "{}", 7, NOON, NOON)
    assert tuple(jobs[full]) == (full, "k", trace, "note", "urgent", "ready", -3, '{"a": [1]}', 2, NOON, NOON)
    assert tuple(jobs[late])[3:] == ("page", "pages", "scheduled", 0, '{"n": 1}', 7, NOON + MINUTE, NOON)
    assert tuple(jobs[dated])[3:] == ("note", "notes", "scheduled", 0, "{}", 3, NOON + MINUTE, NOON)
    assert len({row["traceparent"] for row in jobs.values()}) == 4
    assert (await queue.enqueue("page", '{"n": 1}'))["id"] == late


async def test_ids_grow_in_the_order_given_whatever_the_keys(queue: Queue) -> None:
    answers = await _many(queue, _keyed("z"), {"kind": "note"}, _keyed("a"))

    ids = [job for job, _ in answers]
    assert ids == sorted(set(ids))


async def test_keys_are_unique_against_what_is_there_and_within_the_batch(queue: Queue) -> None:
    there = await queue.add(unique_key="a")

    answers = await _many(queue, _keyed("b"), _keyed("a"), {"kind": "note"}, _keyed("b"), {"kind": "note"})

    assert answers[1] == (there, False)
    assert answers[3] == (answers[0][0], False)
    assert [inserted for _, inserted in answers] == [True, False, True, False, True]
    assert len({job for job, _ in answers}) == 4


@pytest.mark.parametrize("scope", ["active", "waiting"])
async def test_a_later_job_of_the_batch_replaces_an_earlier_one(queue: Queue, scope: str) -> None:
    await queue.declare("note", unique_scope=scope)
    there = await queue.add(unique_key="a")

    answers = await _many(
        queue,
        _keyed("a", args={"n": 1}),
        _keyed("b", args={"n": 1}),
        _keyed("b", args={"n": 2}),
        on_conflict="replace",
    )

    assert [job for job, _ in answers] == [there, answers[1][0], answers[1][0]]
    args = [live["args"] for job, _ in answers if (live := await queue.live(job))]
    assert args == ['{"n": 1}', '{"n": 2}', '{"n": 2}']


async def test_a_batch_replaces_the_priority_too(queue: Queue) -> None:
    there = await queue.add(unique_key="k", priority=5)

    await _many(queue, _keyed("k"), on_conflict="replace")

    live = await queue.live(there)
    assert live is not None
    assert live["priority"] == 0


async def test_with_the_scope_waiting_a_batch_passes_by_what_runs(queue: Queue) -> None:
    await queue.declare("note", unique_scope="waiting")
    running = await queue.claimed(unique_key="k")

    (first, inserted), second = await _many(queue, _keyed("k"), _keyed("k"))

    assert inserted
    assert first != running["id"]
    assert second == (first, False)


async def test_no_jobs_are_no_trouble(queue: Queue) -> None:
    assert await _many(queue) == []


@pytest.mark.parametrize(
    ("jobs", "sqlstate", "sentence"),
    [
        ("{}", "FL002", "jobs must be a JSON array of objects, not object"),
        ("null", "FL002", "jobs must be a JSON array"),
        ('[{"kind": "note"}, 7]', "FL002", "job 2: it must be a JSON object, not number"),
        ('[{"kind": "note"}, {"kind": "ghost"}]', "FL001", "job 2: unknown kind 'ghost'"),
        ("[{}]", "FL001", "job 1: unknown kind NULL"),
        ('[{"kind": "note", "args": []}]', "FL002", "job 1: args must be a JSON object, not array"),
        ('[{"kind": "note", "prio": 1}]', "FL002", "job 1: no job has a field 'prio'"),
        ('[{"kind": "note", "delay": "1 s", "run_at": "2026-01-01"}]', "FL002", "job 1: give either delay or run_at"),
    ],
)
async def test_a_batch_with_a_job_that_makes_no_sense_is_refused_whole(
    queue: Queue, jobs: str, sqlstate: str, sentence: str
) -> None:
    with pytest.raises(ServerError, match=sentence) as refusal:
        await queue.connection.execute("select from fleet.enqueue_many($1::text::jsonb)", jobs)

    assert refusal.value.sqlstate == sqlstate
    assert await queue.everything() == []


async def test_an_unknown_kind_in_a_batch_is_refused_with_the_known_ones(queue: Queue) -> None:
    with pytest.raises(ServerError, match="Known kinds: note"):
        await _many(queue, {"kind": "ghost"})


@pytest.mark.parametrize("fault", [{"priority": 40_000}, {"priority": "high"}, {"queue": "Q"}, {"delay": "soon"}])
async def test_a_batch_with_a_value_that_makes_no_sense_is_refused_whole(
    queue: Queue, fault: dict[str, object]
) -> None:
    with pytest.raises((ServerError, *RefusedValue)):
        await _many(queue, {"kind": "note"}, {"kind": "note", **fault})

    assert await queue.everything() == []


async def test_batches_that_share_their_keys_in_other_orders_do_not_deadlock(queue: Queue, database: Database) -> None:
    answers: dict[str, list[tuple[int, bool]]] = {}

    async with (
        open_queue(database.url) as one,
        open_queue(database.url) as two,
        open_queue(database.url) as watcher,
        anyio.create_task_group() as tasks,
    ):

        async def enqueue(other: Queue, order: str) -> None:
            answers[order] = await _many(other, *(_keyed(key) for key in order))

        # Whoever took keys in the order given would have its first by now, and wait for the middle one.
        transaction = queue.connection.transaction()
        await transaction.start()
        await queue.add(unique_key="m")
        tasks.start_soon(enqueue, one, "amz")
        await until(partial(watcher.is_waiting, one))
        tasks.start_soon(enqueue, two, "zma")
        await until(partial(watcher.is_waiting, two))
        await transaction.rollback()

    assert [inserted for _, inserted in answers["amz"]] == [True] * 3
    assert answers["zma"] == [(job, False) for job, _ in reversed(answers["amz"])]


@pytest.mark.parametrize("there", [False, True], ids=["new", "taken"])
async def test_a_batch_takes_its_keys_in_the_order_of_their_kinds_and_then_of_the_keys(
    queue: Queue, database: Database, *, there: bool
) -> None:
    keys = [("page", "a"), ("note", "m"), ("leaf", "z")]
    for kind, key in keys:
        await queue.declare(kind)
        if there:
            await queue.add(kind, unique_key=key)
    batch = [{"kind": kind, "unique_key": key} for kind, key in keys]

    async with (
        open_queue(database.url) as other,
        open_queue(database.url) as third,
        open_queue(database.url) as watcher,
        anyio.create_task_group() as tasks,
        queue.connection.transaction(),
    ):
        await queue.add("note", unique_key="m")
        await queue.connection.execute("select from fleet.job where unique_key = 'm' for update")
        tasks.start_soon(partial(_many, other, *batch, on_conflict="replace"))
        await until(partial(watcher.is_waiting, other))

        async with anyio.create_task_group() as others:
            await third.add("page", unique_key="a", on_conflict="replace")
            others.start_soon(partial(third.add, "leaf", unique_key="z", on_conflict="replace"))
            await until(partial(watcher.is_waiting, third))
            others.cancel_scope.cancel()
