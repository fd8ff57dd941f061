"""What a person mistypes at psql: a sentence that says what is wrong, and nothing has changed."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from anyio import to_thread

from fleet.db import ServerError
from fleet.local.account import server_account
from fleet.local.binaries import find_binaries
from fleet.testing.database import Database
from tests.queue.sql.session import LEASE, Queue

Psql = Callable[[str], "subprocess.CompletedProcess[str]"]


def program() -> str | None:
    """The psql of the tests' own PostgreSQL, or the system's."""
    chosen = os.environ.get("FLEET_PG_BIN")
    beside = find_binaries(None if chosen is None else Path(chosen), server_account(os.getuid())) / "psql"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("psql")


@pytest.fixture
def psql(database: Database) -> Psql:
    found = program()
    if found is None:
        pytest.skip("no psql on this machine")

    def type_in(line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [found, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--command", line, database.url.reveal()],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )

    return type_in


def read(answer: "subprocess.CompletedProcess[str]") -> tuple[str, str]:
    """The sentence and the hint that a person reads."""
    sentence = re.search(r"^ERROR:  (.*)$", answer.stderr, re.MULTILINE)
    hint = re.search(r"^HINT:  (.*)$", answer.stderr, re.MULTILINE)
    return (sentence[1] if sentence else "", hint[1] if hint else "")


QUEUE_HINT = "Small letters, digits and _, a letter first: analysis_default."


@pytest.mark.parametrize(
    ("typed", "sentence", "hint"),
    [
        ("select fleet.enqueue('nite')", "unknown kind 'nite'", "Known kinds: note"),
        ("select fleet.enqueue(null)", "unknown kind NULL", "Known kinds: note"),
        ("select fleet.enqueue('''; drop table fleet.job; --')", "unknown kind '''; drop table fleet.job; --'", None),
        ("select fleet.enqueue('note', '[]')", "args must be a JSON object, not array", None),
        ("select fleet.enqueue('note', 'null')", "args must be a JSON object, not null", None),
        ("select fleet.enqueue('note', null)", "args must be a JSON object, not null", None),
        ("select fleet.enqueue('note', '{\"a\":')", "invalid input syntax for type json", None),
        ("select fleet.enqueue('note', '{\"a\": \"\\u0000\"}')", "unsupported Unicode escape sequence", None),
        (
            "select fleet.enqueue('note', jsonb_build_object('a', repeat('x', 262144)))",
            "args must fit in 262144 bytes (256 KiB), not 262153",
            "Store what is large elsewhere, and name it in the arguments.",
        ),
        (
            "select fleet.enqueue('note', ('{\"a\":' || repeat('[', 7000) || repeat(']', 7000) || '}')::jsonb)",
            "args must be at most 64 levels deep",
            None,
        ),
        (
            "set timezone to 'UTC'; select fleet.enqueue('note', run_at => '0044-03-15 BC')",
            "run_at must lie between the years 2000 and 2200, unlike 0044-03-15 00:00:00+00 BC",
            None,
        ),
        (
            "select fleet.enqueue('note', run_at => 'infinity')",
            "run_at must lie between the years 2000 and 2200, unlike infinity",
            None,
        ),
        (
            "select fleet.enqueue('note', run_at => '-infinity')",
            "run_at must lie between the years 2000 and 2200, unlike -infinity",
            None,
        ),
        (
            "select fleet.enqueue('note', priority => 2147483647)",
            "priority must lie between -32768 and 32767, unlike 2147483647",
            "The lowest number runs first.",
        ),
        (
            "select fleet.enqueue('note', max_attempts => 0)",
            "max_attempts must lie between 1 and 1000, unlike 0",
            None,
        ),
        (
            "select fleet.enqueue('note', queue => 'Analysis default')",
            "queue must be a plain word of at most 63 letters, not 'Analysis default'",
            QUEUE_HINT,
        ),
        (
            "select fleet.enqueue('note', queue => '')",
            "queue must be a plain word of at most 63 letters, not ''",
            QUEUE_HINT,
        ),
        (
            "select fleet.enqueue('note', unique_key => '')",
            "a unique key must be 1 to 1024 bytes long, not 0",
            "For a longer one, give a hash of it.",
        ),
        (
            "select fleet.enqueue('note', unique_key => repeat('k', 2000))",
            "a unique key must be 1 to 1024 bytes long, not 2000",
            "For a longer one, give a hash of it.",
        ),
        (
            "select fleet.enqueue('note', delay => '1 s', run_at => now())",
            "give either delay or run_at, not both",
            "delay counts from now; run_at is a moment.",
        ),
        ("select fleet.enqueue('note', delay => '300000 years')", "delay must lie within 200 years", None),
        (
            'select fleet.enqueue_many(\'[{"kind":"note"},{"kind":"note","delay":"soon"}]\')',
            'job 2: invalid input syntax for type interval: "soon"',
            "",
        ),
        (
            'select fleet.enqueue_many(\'[{"kind":"note","args":{},"when":1}]\')',
            "job 1: no job has a field 'when'",
            "",
        ),
        ("select fleet.enqueue('note', delay => 'soon')", 'invalid input syntax for type interval: "soon"', None),
        (
            'select fleet.enqueue_many(\'[{"kind":"note"},{"kind":"note","unique_key":""}]\')',
            "job 2: a unique key must be 1 to 1024 bytes long, not 0",
            "For a longer one, give a hash of it.",
        ),
        ("select fleet.pause('Notes')", "queue must be a plain word of at most 63 letters, not 'Notes'", QUEUE_HINT),
        ("select fleet.pause(null)", "give the queue to pause", "table fleet.queues shows them all."),
        (
            "select fleet.pause('notes', for_ => '-1 min')",
            "a pause lasts for a while of at most 100 years, unlike -00:01:00",
            "For example: for_ => '30 min'; without it, until fleet.resume.",
        ),
        (
            "select fleet.pause('notes', for_ => '10000 years')",
            "a pause lasts for a while of at most 100 years, unlike 10000 years",
            "For example: for_ => '30 min'; without it, until fleet.resume.",
        ),
        ("select fleet.resume('no queue')", "queue must be a plain word of at most 63 letters, not 'no queue'", None),
        ("select fleet.resume(null)", "give the queue to resume", "table fleet.queues shows them all."),
        (
            "select fleet.limit_depth('notes', -1)",
            "max_waiting must not be negative, as -1 is",
            "Null takes the limit away.",
        ),
        ("select fleet.limit_depth('Notes', 1)", "queue must be a plain word of at most 63 letters, not 'Notes'", None),
        ("select fleet.limit_depth(null, 1)", "give the queue to limit", None),
        (
            "select fleet.move(array[1], '../notes')",
            "queue must be a plain word of at most 63 letters, not '../notes'",
            QUEUE_HINT,
        ),
        ("select fleet.move(array[1], null)", "give a queue to move the jobs to", None),
        ("select fleet.reschedule(array[1], null)", "give a time to run at", "For example: now() + interval '1 h'"),
        (
            "select fleet.reprioritise(array[1], -40000)",
            "priority must lie between -32768 and 32767, unlike -40000",
            "The lowest number runs first.",
        ),
        ("select fleet.cancel(array[1], repeat('x', 2000))", "a reason must fit in 1024 bytes", None),
        ("select fleet.retry('{1,x}')", 'invalid input syntax for type bigint: "x"', None),
        (
            "select fleet.make_partitions(1000000)",
            "partitions are made for at most 366 days ahead, not 1000000",
            None,
        ),
        (
            "update fleet.job set state = 'ready'",
            'new row for relation "job" violates check constraint "only_running_jobs_have_a_worker"',
            None,
        ),
        (
            "insert into fleet.job (kind, queue, state) values ('note', 'notes', 'runing')",
            'invalid input value for enum fleet.job_state: "runing"',
            None,
        ),
        (
            "insert into fleet.job (kind, queue, run_at) values ('note', 'notes', '4714-11-24 BC')",
            'new row for relation "job" violates check constraint "run_at_is_a_sane_date"',
            None,
        ),
        (
            "delete from fleet.worker",
            r"worker ........-....-....-....-............ still has running jobs",
            "End its lease instead: update fleet.worker set lease_until = now(); its jobs are then rescued.",
        ),
    ],
)
async def test_a_mistake_gets_a_sentence_and_changes_nothing(
    queue: Queue, psql: Psql, typed: str, sentence: str, hint: str | None
) -> None:
    await queue.claimed()
    before = await queue.everything()

    answer = await to_thread.run_sync(psql, typed)

    said, advised = read(answer)
    assert answer.returncode == 1, answer.stdout
    assert said == sentence or re.fullmatch(sentence, said), said
    assert hint is None or advised == hint
    assert await queue.everything() == before


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("select fleet.why(null)", "no job has the id null: it was never enqueued, or its history is no longer kept"),
        ("select fleet.why(777)", "no job has the id 777: it was never enqueued, or its history is no longer kept"),
        ("select fleet.retry(array[777])", "(777,,)"),
        ("select fleet.cancel('{777,null}')", "(777,,)"),
        ("select id, was, now from fleet.retry(array(select id from fleet.job))", "{id}|running|running"),
        ("select fleet.retry(null)", ""),
        ("select fleet.resume('never_heard_of')", "(never_heard_of,open,open)"),
        ("select count(*) from fleet.health(null) where ok is null", "0"),
        ("select fleet.make_partitions(-1)", "0"),
    ],
)
async def test_what_does_not_apply_is_answered_and_changes_nothing(
    queue: Queue, psql: Psql, typed: str, answer: str
) -> None:
    claim = await queue.claimed()
    before = await queue.everything()

    said = await to_thread.run_sync(psql, typed)

    assert said.stdout.strip() == answer.format(id=claim["id"]), said.stderr
    assert await queue.everything() == before


@pytest.mark.parametrize(
    "text", ["'; drop table fleet.job; --", "%s %n {0} \\", "../../etc", "\u202ereversed", "\U0001f600"]
)
async def test_a_strange_text_is_kept_as_it_is_and_means_nothing(queue: Queue, text: str) -> None:
    job = await queue.add(unique_key=text)
    same = await queue.enqueue(unique_key=text)
    await queue.pause(reason=text)
    await queue.cancel(job, reason=text)

    ended = await queue.finished(job)
    paused = await queue.connection.fetchval("select pause_reason from fleet.queues where queue = 'notes'")
    assert ended is not None
    assert (same["id"], same["inserted"]) == (job, False)
    assert (ended["unique_key"], ended["error_message"], paused) == (text, text, text)


async def test_a_key_enqueued_twice_in_one_transaction_is_one_job(queue: Queue) -> None:
    async with queue.connection.transaction():
        first = await queue.enqueue(unique_key="k")
        second = await queue.enqueue(unique_key="k")

    assert (first["inserted"], second["inserted"]) == (True, False)
    assert second["id"] == first["id"]


async def test_no_priority_is_the_usual_one(queue: Queue) -> None:
    job = await queue.live(await queue.add(priority=None))

    assert job is not None
    assert job["priority"] == 0


async def test_the_largest_depth_is_a_limit_like_others(queue: Queue) -> None:
    await queue.connection.execute("select fleet.limit_depth('notes', 2147483647)")

    assert (await queue.enqueue())["inserted"]


async def test_a_job_does_not_grow_with_its_failures(queue: Queue) -> None:
    await queue.declare("note", retries_per_minute=1000)
    job = await queue.add(max_attempts=1000)
    for _ in range(500):
        (claim,) = await queue.claim(await queue.worker())
        await queue.fail(claim, delay=timedelta(0), message="x" * 8192)

    size = await queue.connection.fetchval("select pg_column_size(job) from fleet.job where id = $1", job)
    attempts = await queue.attempts(job)
    assert size < 1024
    assert [attempt["attempt"] for attempt in attempts] == list(range(1, 501))


@pytest.mark.parametrize(("column", "bound"), [("token", 1000000000), ("crashes", 1000), ("interruptions", 10000)])
@pytest.mark.parametrize("end", ["release", "rescue"])
async def test_a_count_typed_at_its_bound_keeps_no_job_from_going_back(
    queue: Queue, column: str, bound: int, end: str
) -> None:
    job = (await queue.claimed())["id"]
    await queue.connection.execute(f"update fleet.job set {column} = {bound}")
    running = await queue.live(job)
    assert running is not None

    if end == "release":
        await queue.release(running)
    else:
        await queue.advance(LEASE)
        await queue.rescue()

    live = await queue.live(job)
    assert live is not None
    assert (live["state"], live[column]) == ("ready", bound)


async def test_a_refusal_says_its_state_too(queue: Queue) -> None:
    with pytest.raises(ServerError, match="give the queue to resume") as refusal:
        await queue.connection.execute("select fleet.resume(null)")

    assert refusal.value.sqlstate == "FL002"
