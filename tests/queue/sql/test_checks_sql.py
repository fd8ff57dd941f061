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


LONG = "jsonb_build_object('a', repeat('x', 262144))"
DEEP = "jsonb_build_object('a', concat(repeat('[', 65), repeat(']', 65))::jsonb)"
RUNNING = "state = 'running', worker = gen_random_uuid(), claimed_at = now()"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (f"{RUNNING}, attempt = 1, token = 1, cancel_reason = 'why'", "a_cancel_reason_needs_a_cancel"),
        ("args = '[]'", "args_are_an_object"),
        (f"args = {DEEP}", "args_are_at_most_64_deep"),
        (f"args = {LONG}", "args_fit_in_256_kib"),
        ("attempt = -1", "attempts_stay_in_bounds"),
        ("max_attempts = 1001", "attempts_stay_in_bounds"),
        (f"{RUNNING}, attempt = 4, token = 1", "attempts_stay_in_bounds"),
        (
            f"{RUNNING}, attempt = 1, token = 1, cancel_requested_at = now(), cancel_reason = repeat('x', 1025)",
            "cancel_reason_is_short",
        ),
        (
            f"{RUNNING}, attempt = 1, token = 1, cancel_requested_at = 'infinity'",
            "cancel_requested_at_is_a_sane_date",
        ),
        ("crashes = 1001", "crashes_stay_in_bounds"),
        ("enqueued_at = '0044-03-15 BC'", "enqueued_at_is_a_sane_date"),
        ("fair_key = ''", "fair_key_is_short"),
        ("interruptions = 10001", "interruptions_stay_in_bounds"),
        ("kind = 'Note'", "kind_is_a_plain_word"),
        ("state = 'held'", "only_keyed_jobs_are_held"),
        ("cancel_requested_at = now()", "only_running_jobs_await_their_cancel"),
        ("worker = gen_random_uuid()", "only_running_jobs_have_a_worker"),
        ("worker = gen_random_uuid(), claimed_at = now()", "only_running_jobs_have_a_worker"),
        ("progress = jsonb_build_object('a', repeat('x', 4096))", "progress_is_short"),
        ("put_off_until = 'infinity'", "put_off_until_is_a_sane_date"),
        ("queue = repeat('q', 64)", "queue_is_a_plain_word"),
        ("run_at = '294276-01-01'", "run_at_is_a_sane_date"),
        (f"{RUNNING}, attempt = 1", "running_jobs_have_been_claimed"),
        (f"{RUNNING}, token = 1", "running_jobs_have_been_claimed"),
        ("token = 1000000001", "tokens_stay_in_bounds"),
        ("traceparent = 'x'", "traceparent_is_w3c"),
        ("unique_key = ''", "unique_key_is_short"),
        ("attempt = 3", "waiting_jobs_have_an_attempt_left"),
    ],
)
async def test_a_refusal_names_the_rule_and_does_not_repeat_the_job(queue: Queue, change: str, rule: str) -> None:
    await queue.add()

    with pytest.raises(RefusedValue) as refused:
        await queue.connection.execute(f"update fleet.job set {change}")

    assert str(refused.value) == f'new row for relation "job" violates check constraint "{rule}"'
    assert (refused.value.sqlstate, refused.value.constraint_name) == ("23514", rule)


async def test_the_rules_of_a_job_are_one_check_because_each_one_costs_every_statement(queue: Queue) -> None:
    checks = await queue.connection.fetch(
        "select conname from pg_constraint where conrelid = 'fleet.job'::regclass and contype = 'c'"
    )

    assert [row["conname"] for row in checks] == ["job_is_sound"]


@pytest.mark.parametrize("change", ["kind = repeat('k', 63)", "queue = repeat('q', 63)", "queue = 'q'", "kind = 'k_1'"])
async def test_a_name_may_be_as_long_as_it_may(queue: Queue, change: str) -> None:
    await queue.add()

    await queue.connection.execute(f"update fleet.job set {change}")


@pytest.mark.parametrize(
    "change",
    [
        # The text of the object is nine bytes more than what is in it.
        f"args = jsonb_build_object('a', repeat('x', {262_144 - 9}))",
        "args = jsonb_build_object('a', repeat('x', 122))",
        f"progress = jsonb_build_object('a', repeat('x', {4096 - 9}))",
        "cancel_requested_at = now(), cancel_reason = repeat('x', 1024)",
        "max_attempts = attempt",
        "unique_key = repeat('k', 1024), fair_key = repeat('k', 256)",
    ],
)
async def test_a_running_job_may_have_as_much_as_it_may(queue: Queue, change: str) -> None:
    await queue.claimed()

    await queue.connection.execute(f"update fleet.job set {change}")


async def test_a_held_job_is_one_with_a_key(queue: Queue) -> None:
    await queue.add()

    await queue.connection.execute("update fleet.job set state = 'held', fair_key = 'k'")


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


# Of a job that runs, whatever else it is.
UNSOUND = {
    "args": ("'[]'", "args_are_an_object"),
    "cancel_reason": ("'why not'", "a_cancel_reason_needs_a_cancel"),
    "cancel_requested_at": ("'infinity'", "cancel_requested_at_is_a_sane_date"),
    "crashes": ("1001", "crashes_stay_in_bounds"),
    "enqueued_at": ("'infinity'", "enqueued_at_is_a_sane_date"),
    "fair_key": ("''", "fair_key_is_short"),
    "interruptions": ("10001", "interruptions_stay_in_bounds"),
    "kind": ("'Note'", "kind_is_a_plain_word"),
    "max_attempts": ("1001", "attempts_stay_in_bounds"),
    "progress": ("jsonb_build_object('a', repeat('x', 4096))", "progress_is_short"),
    "put_off_until": ("'infinity'", "put_off_until_is_a_sane_date"),
    "queue": ("''", "queue_is_a_plain_word"),
    "run_at": ("'infinity'", "run_at_is_a_sane_date"),
    "traceparent": ("'x'", "traceparent_is_w3c"),
    "unique_key": ("''", "unique_key_is_short"),
}


@pytest.mark.parametrize("column", UNSOUND)
async def test_a_running_job_keeps_the_rules_that_a_claim_cannot_break(queue: Queue, column: str) -> None:
    value, rule = UNSOUND[column]
    await queue.claimed()

    with pytest.raises(RefusedValue) as refused:
        await queue.connection.execute(f"update fleet.job set {column} = {value}")

    assert refused.value.constraint_name == rule


@pytest.mark.parametrize("column", UNSOUND)
async def test_a_job_cannot_be_made_to_run_with_what_it_may_not_have(queue: Queue, column: str) -> None:
    value, rule = UNSOUND[column]
    await queue.add()

    with pytest.raises(RefusedValue) as refused:
        await queue.connection.execute(f"update fleet.job set {RUNNING}, attempt = 1, token = 1, {column} = {value}")

    assert refused.value.constraint_name == rule


@pytest.mark.parametrize("column", UNSOUND)
async def test_a_job_that_is_typed_as_running_keeps_the_rules(queue: Queue, column: str) -> None:
    value, rule = UNSOUND[column]
    columns = {"kind": "'note'", "queue": "'notes'"} | {column: value}

    with pytest.raises(RefusedValue) as refused:
        await queue.connection.execute(
            f"insert into fleet.job ({', '.join(columns)}, state, worker, claimed_at, attempt, token)"
            f" values ({', '.join(columns.values())}, 'running', gen_random_uuid(), now(), 1, 1)"
        )

    assert refused.value.constraint_name == rule


async def test_a_claim_itself_is_spared_the_rules_it_cannot_break(queue: Queue) -> None:
    await queue.add()
    worker = await queue.worker()
    await queue.connection.execute("set track_functions = 'all'")

    await queue.claim(worker)

    await queue.connection.execute("select pg_stat_force_next_flush()")
    assert await queue.connection.fetchval("select pg_stat_get_function_calls('fleet.is_sound'::regproc)") is None


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
