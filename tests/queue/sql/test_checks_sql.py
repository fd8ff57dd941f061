"""The tables refuse what cannot be, whoever types it."""

import json

import pytest

from fleet.db import RefusedValue, ServerError
from tests.queue.sql.session import Queue


@pytest.mark.parametrize(
    "change",
    [
        "state = 'running'",
        "worker = gen_random_uuid()",
        "claimed_at = now()",
        "state = 'running', worker = gen_random_uuid()",
        "state = 'running', worker = gen_random_uuid(), claimed_at = now(), attempt = 1",
        "state = 'running', worker = gen_random_uuid(), claimed_at = now(), token = 1",
        "state = 'runing'",
        "state = null",
        "state = 'done'",
        "attempt = 3",
        "attempt = 4",
        "attempt = -1",
        "max_attempts = 0",
        "max_attempts = 1001",
        "max_attempts = null",
        "token = -1",
        "token = null",
        "interruptions = -1",
        "priority = 32768",
        "priority = null",
        "run_at = 'infinity'",
        "run_at = '-infinity'",
        "run_at = '4713-01-01 BC'",
        "run_at = '294276-01-01'",
        "run_at = null",
        "enqueued_at = 'infinity'",
        "enqueued_at = '0044-03-15 BC'",
        "kind = ''",
        "kind = 'Note'",
        "kind = '../note'",
        "kind = repeat('k', 64)",
        "queue = ''",
        "queue = repeat('q', 10000)",
        "queue = e'a\\nb'",
        "queue = '''; drop table fleet.job; --'",
        "queue = null",
        "args = '[]'",
        "args = 'null'",
        "args = null",
        "args = jsonb_build_object('a', repeat('x', 262144))",
        "unique_key = ''",
        "unique_key = repeat('k', 1025)",
        "fair_key = repeat('k', 257)",
        "queue = repeat('q', 64)",
        "queue = repeat('ü', 31)",
        "kind = e'note\\n'",
        "traceparent = 'x'",
        "traceparent = ''",
        "traceparent = upper(traceparent)",
        "traceparent = '01' || substr(traceparent, 3)",
        "traceparent = traceparent || '0'",
        "traceparent = left(traceparent, 54)",
        "traceparent = e'\\n' || left(traceparent, 54)",
        "traceparent = left(traceparent, 54) || 'g'",
        "traceparent = overlay(traceparent placing '-' from 20)",
        "traceparent = '00-' || repeat('a', 31) || '-' || repeat('b', 17) || '-01'",
        "traceparent = '00-' || repeat('a', 32) || '-' || repeat('b', 17) || '-1'",
        "progress = jsonb_build_object('a', repeat('x', 4096))",
    ],
)
async def test_a_job_that_cannot_be_is_refused(queue: Queue, change: str) -> None:
    await queue.add()
    before = await queue.everything()

    with pytest.raises(RefusedValue):
        await queue.connection.execute(f"update fleet.job set {change}")

    assert await queue.everything() == before


@pytest.mark.parametrize("change", ["kind = repeat('k', 63)", "queue = repeat('q', 63)", "queue = 'q'", "kind = 'k_1'"])
async def test_a_name_may_be_as_long_as_it_may(queue: Queue, change: str) -> None:
    await queue.add()

    await queue.connection.execute(f"update fleet.job set {change}")


@pytest.mark.parametrize(
    "change",
    [
        "worker = null",
        "claimed_at = null",
        "state = 'ready'",
        "attempt = 0",
        "token = 0",
        "claimed_at = 'infinity'",
    ],
)
async def test_a_running_job_cannot_lose_what_makes_it_one(queue: Queue, change: str) -> None:
    await queue.claimed()

    with pytest.raises(RefusedValue):
        await queue.connection.execute(f"update fleet.job set {change}")


async def test_taking_a_running_job_back_by_hand_fences_its_owner_at_the_next_claim(queue: Queue) -> None:
    claim = await queue.claimed()
    await queue.connection.execute("update fleet.job set state = 'ready', worker = null, claimed_at = null")

    assert await queue.finish(claim) == []
    (again,) = await queue.claim(await queue.worker())
    assert await queue.finish(claim) == []
    assert await queue.finish(again) == [again["id"]]


@pytest.mark.parametrize("shape", ["objects", "arrays"])
async def test_arguments_are_at_most_64_deep(queue: Queue, shape: str) -> None:
    def nested(depth: int) -> str:
        inner: object = {} if shape == "objects" else []
        for _ in range(depth - 1):
            inner = {"a": inner} if shape == "objects" else [inner]
        return json.dumps({"a": inner})

    await queue.add(args=nested(64))

    with pytest.raises(ServerError, match="args must be at most 64 levels deep"):
        await queue.add(args=nested(65))
    with pytest.raises(RefusedValue, match="args_are_at_most_64_deep"):
        await queue.connection.execute("update fleet.job set args = $1::text::jsonb", nested(65))


async def test_arguments_too_deep_for_the_server_are_refused(queue: Queue) -> None:
    with pytest.raises(RefusedValue):
        await queue.add(args='{"a": ' + "[" * 100_000 + "]" * 100_000 + "}")


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'N'",
        "queue = 'not a word'",
        "max_attempts = 0",
        "time_limit = '0'",
        "time_limit = '-1 s'",
    ],
)
async def test_a_kind_that_makes_no_sense_is_refused(queue: Queue, change: str) -> None:
    with pytest.raises(RefusedValue):
        await queue.connection.execute(f"update fleet.kind set {change}")


@pytest.mark.parametrize("change", ["result = '{}'", "error_class = null", "outcome = 'done'"])
async def test_a_finished_job_that_cannot_be_is_refused(queue: Queue, change: str) -> None:
    await queue.fail(await queue.claimed())

    with pytest.raises(RefusedValue):
        await queue.connection.execute(f"update fleet.job_history set {change}")
