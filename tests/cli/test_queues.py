"""Queues that are paused, and jobs that are enqueued by hand."""

import io

import msgspec
import pytest

from tests.cli.conftest import Cli, Queue


async def test_a_queue_is_paused_and_resumed_and_both_are_on_record(cli: Cli, queue: Queue) -> None:
    paused = await cli("pause", "notes", "--reason", "deploy")
    is_paused = await queue.connection.fetchval("select fleet.is_paused('notes')")
    resumed = await cli("resume", "notes", "--json")

    assert (paused.out, is_paused) == ("notes is paused until fleet resume\n", True)
    assert resumed.json == {"name": "notes", "was": "paused", "now": "open"}
    assert not await queue.connection.fetchval("select fleet.is_paused('notes')")
    assert [(record["what"], record["why"]) for record in await queue.records()] == [
        ("pause", "deploy"),
        ("resume", "none given"),
    ]


async def test_a_slip_of_the_finger_pauses_nothing(cli: Cli, queue: Queue) -> None:
    ran = await cli("pause", "note")

    assert (ran.code, ran.err) == (66, "fleet: no queue is called note; did you mean notes?\n")
    assert await queue.connection.fetchval("select count(*) from fleet.queue") == 0


async def test_a_pause_that_makes_no_sense_is_refused_and_not_on_record(cli: Cli, queue: Queue) -> None:
    ran = await cli("pause", "notes", "--for", "0s")

    assert ran.code == 65
    assert ran.err.startswith("fleet: a pause lasts for a while of at most 100 years")
    assert await queue.records() == []


@pytest.mark.parametrize(
    ("typed", "args"),
    [
        ((), {}),
        (("owner=psf", "repo=a=b"), {"owner": "psf", "repo": "a=b"}),
        (("user:=7", "deep:=[1,null]", "text=7"), {"user": 7, "deep": [1, None], "text": "7"}),
        (('{"owner": "psf"}',), {"owner": "psf"}),
        (("@-",), {"read": True}),
    ],
)
async def test_arguments_are_words_or_json(
    cli: Cli, queue: Queue, typed: tuple[str, ...], args: dict[str, object]
) -> None:
    ran = await cli("enqueue", "note", *typed, answers=io.StringIO('{"read": true}'))

    assert (ran.code, ran.out) == (0, "queued as 1\n")
    stored = await queue.connection.fetchval("select args::text from fleet.job")
    assert msgspec.json.decode(stored) == args


async def test_a_job_is_enqueued_as_the_options_say(cli: Cli, queue: Queue) -> None:
    options = ("--queue", "others", "--delay", "2h", "--priority", "-3", "--unique-key", "one", "--max-attempts", "7")

    first = await cli("enqueue", "note", *options, "--reason", "by hand")
    second = await cli("enqueue", "note", *options, "--json")

    assert first.out == "queued as 1\n"
    assert second.json == {"id": 1, "inserted": False}
    job = await queue.connection.fetchrow("select queue, state::text, priority, max_attempts from fleet.job")
    assert job is not None
    assert tuple(job) == ("others", "scheduled", -3, 7)
    (record,) = await queue.records()
    assert (record["what"], record["why"], record["jobs"]) == ("enqueue", "by hand", [1])


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        (("nope",), 65, "unknown kind 'nope'"),
        (("note", "owner"), 64, "write name=text or name:=JSON"),
        (("note", "a=1", "a:=2"), 64, "given twice"),
        (("note", "a:={"), 64, "the argument a is no JSON"),
        (("note", "{1}"), 64, "no JSON object"),
        (("note", "--priority", "99999"), 65, "priority must lie between"),
        (("note", "--queue", "Bad Queue"), 65, "queue must be a plain word"),
        (("note", '{"a": "\\u0000"}'), 65, "the queue refuses a value"),
        ((), 64, "KIND"),
    ],
)
async def test_a_request_that_makes_no_sense_enqueues_nothing(
    cli: Cli, queue: Queue, typed: tuple[str, ...], code: int, says: str
) -> None:
    ran = await cli("enqueue", *typed)

    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert await queue.connection.fetchval("select count(*) from fleet.job") == 0
