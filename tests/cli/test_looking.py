"""What commands show, to people and to programs."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from fleet.cli.words import brief, first_line, moment, printable, size
from tests.cli.conftest import Cli, Queue


async def test_status_shows_queues_jobs_failures_and_what_is_not_well(cli: Cli, queue: Queue) -> None:
    await queue.failed(2, error="HostGone", message="no answer\nand more")
    await queue.add(3)
    await queue.claim()

    ran = await cli("status")

    assert ran.code == 0
    blocks = {block.splitlines()[0]: block.splitlines()[1:] for block in ran.out.split("\n\n")}
    (queues,) = (lines for title, lines in blocks.items() if title.startswith("Queues at "))
    assert [line.split()[:5] for line in queues] == [
        ["queue", "ready", "scheduled", "held", "running"],
        ["notes", "2", "-", "-", "1"],
    ]
    assert blocks["Longest of 1 running job"][1].split()[:3] == ["3", "note", "1/3"]
    assert blocks["Failed or lost within the hour"][1].split()[:5] == ["2", "note", "HostGone:", "no", "answer"]
    assert [line for line in blocks["Health"] if line.startswith("partitions ahead")]


async def test_status_is_one_line_of_json_for_a_program(cli: Cli, queue: Queue) -> None:
    await queue.add(2)
    await queue.claim()

    picture = (await cli("status", "--json")).json

    (shown,) = picture["queues"]
    assert (shown["queue"], shown["ready"], shown["running"]) == ("notes", 1, 1)
    assert shown["oldest_wait_seconds"] >= 0
    assert picture["running"][0]["lease_left_seconds"] > 0
    assert {check["check"] for check in picture["health"]} >= {"live workers", "partitions ahead"}


@pytest.mark.usefixtures("queue")
async def test_a_pause_is_shown_with_its_reason_and_its_end(cli: Cli) -> None:
    await cli("pause", "notes", "--for", "30m", "--reason", "deploy")

    ran = await cli("status")

    assert "by postgres with fleet-cli ann: deploy" in ran.out
    assert "paused until 20" in ran.out


async def test_why_answers_for_each_job(cli: Cli, queue: Queue) -> None:
    await queue.add(2)

    one, two = await cli("why", "1"), await cli("why", "2", "999")

    assert (one.code, one.out) == (0, "no worker is alive\n")
    assert two.code == 66
    assert two.out.splitlines()[-1].startswith("999: no job has the id 999")


async def test_why_tells_programs_the_state_too(cli: Cli, queue: Queue) -> None:
    (job,) = await queue.add()

    ran = await cli("why", str(job), "999", "--json")

    assert [(answer["id"], answer["state"]) for answer in ran.json] == [(job, "ready"), (999, None)]
    assert ran.json[0]["reasons"] == ["no worker is alive"]


async def test_a_story_is_told_in_order(cli: Cli, queue: Queue) -> None:
    (job,) = await queue.failed(error="Boom", message="it went wrong")

    ran, told = await cli("story", str(job)), await cli("story", str(job), "--json")

    events = [re.split(r"\s{2,}", line)[1] for line in ran.out.splitlines()]
    assert events == ["event", "enqueued", "claimed", "attempt failed", "failed"]
    assert told.json[-1]["detail"] == "Boom: it went wrong"


@pytest.mark.usefixtures("queue")
async def test_the_story_of_a_job_that_was_never_there_is_an_error(cli: Cli) -> None:
    ran = await cli("story", "999")

    assert (ran.code, ran.out) == (66, "")
    assert ran.err.startswith("fleet: no job has the id 999")


async def test_history_lists_the_latest_first(cli: Cli, queue: Queue) -> None:
    await queue.add(3)
    claims = await queue.claim(3)
    for claim in claims:
        await queue.finish([claim])

    ran = await cli("history", "--json")

    assert [(job["id"], job["outcome"]) for job in ran.json] == [(3, "done"), (2, "done"), (1, "done")]
    assert ran.json[0]["took_seconds"] > 0
    assert [job["id"] for job in (await cli("history", "--limit", "1", "--json")).json] == [3]


async def test_history_is_as_long_as_it_may_be_however_long_ago_its_jobs_ended(cli: Cli, queue: Queue) -> None:
    await queue.failed(3)
    for job, ago in ((1, "2 h"), (2, "8 days")):
        await queue.connection.execute(
            f"update fleet.job_history set finished_at = finished_at - interval '{ago}' where id = {job}"
        )

    listed = [[job["id"] for job in (await cli("history", "--limit", limit, "--json")).json] for limit in "1239"]

    assert listed == [[3], [3, 1], [3, 1, 2], [3, 1, 2]]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), {1, 2, 3}),
        (("--outcome", "failed"), {1, 2}),
        (("--outcome", "failed", "--outcome", "done"), {1, 2, 3}),
        (("--error", "wrong"), {1, 2}),
        (("--error", "none such"), set()),
        (("--queue", "elsewhere"), set()),
        (("--since", "1h"), {2, 3}),
    ],
)
async def test_history_is_narrowed_by_options(
    cli: Cli, queue: Queue, options: tuple[str, ...], found: set[int]
) -> None:
    await queue.failed(2)
    await queue.add()
    await queue.finish(await queue.claim())
    await queue.connection.execute(
        "update fleet.job_history set finished_at = finished_at - interval '2 h' where id = 1"
    )

    ran = await cli("history", *options, "--json")

    assert {job["id"] for job in ran.json} == found


async def test_live_jobs_are_listed_with_their_latest_error(cli: Cli, queue: Queue) -> None:
    await queue.add(2)
    (claim,) = await queue.claim()
    await queue.connection.execute(
        "select fleet.fail(array[$1::bigint], array[$2::integer], array[interval '1 hour'], array['Boom'], array['x'])",
        claim["id"],
        claim["token"],
    )

    ran = await cli("jobs")

    lines = ran.out.splitlines()
    assert lines[0].split()[:5] == ["id", "kind", "queue", "state", "tried"]
    assert lines[1].split()[:5] == ["1", "note", "notes", "scheduled", "1/3"]
    assert lines[1].endswith("Boom: x")
    assert [job["state"] for job in (await cli("jobs", "--state", "ready", "--json")).json] == ["ready"]


async def test_what_strangers_wrote_steers_no_terminal(cli: Cli, queue: Queue) -> None:
    await queue.failed(error="Boom", message="\x1b]0;owned\x07 \u202egnp.exe [bold]x")

    said = [(await cli(*typed)).out for typed in (("history",), ("story", "1"), ("status",), ("why", "1"))]

    for out in said:
        assert "\\x1b]0;owned\\x07 \\u202egnp.exe [bold]x" in out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)


@pytest.mark.usefixtures("queue")
async def test_nothing_to_show_is_said(cli: Cli) -> None:
    assert (await cli("jobs")).out == "no live job matches\n"
    assert (await cli("history", "--kind", "x")).out == "no finished job matches\n"
    assert (await cli("jobs", "--json")).json == []


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (timedelta(milliseconds=80), "0.1s"),
        (timedelta(seconds=59.9), "59s"),
        (timedelta(minutes=3, seconds=20), "3m20s"),
        (timedelta(minutes=30), "30m"),
        (timedelta(hours=25, minutes=59), "1d01h"),
        (timedelta(hours=2, minutes=5), "2h05m"),
        (timedelta(seconds=-75), "-1m15s"),
    ],
)
def test_a_duration_is_written_in_its_two_largest_units(duration: timedelta, written: str) -> None:
    assert brief(duration) == written


def test_moments_are_those_of_the_logs() -> None:
    assert moment(datetime(2026, 3, 1, 12, 0, 0, 999, tzinfo=UTC)) == "2026-03-01 12:00:00Z"


def test_sizes_have_two_digits() -> None:
    assert [size(octets) for octets in (0, 1023, 1536, 10 << 20, 5 << 40)] == [
        "0 B",
        "1023 B",
        "1.5 kB",
        "10 MB",
        "5.0 TB",
    ]


def test_text_is_shown_as_it_is_unless_it_would_steer() -> None:
    assert printable("naïve → 日本 [x]") == "naïve → 日本 [x]"
    assert first_line("one\r\ntwo") == "one"
    assert printable("a\tb\x9b") == "a\\tb\\x9b"
