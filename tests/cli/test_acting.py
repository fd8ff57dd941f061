"""What is done to jobs by ids and by filters."""

import pytest

from tests.cli.conftest import Cli, Person, Queue


async def test_a_job_named_by_its_id_is_retried_and_put_on_record(cli: Cli, queue: Queue) -> None:
    (job,) = await queue.failed()

    ran = await cli("retry", str(job), "--reason", "the host is back")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["id  was     now", " 1  failed  ready", "retried 1 job"]
    assert await queue.states(job) == ["ready"]
    (record,) = await queue.records()
    assert (record["what"], record["why"], record["who"], record["jobs"]) == ("retry", "the host is back", "ann", [job])
    assert record["session"].endswith("with fleet-cli ann")


async def test_an_id_that_cannot_be_retried_is_said_and_changes_the_exit_code(cli: Cli, queue: Queue) -> None:
    (failed,) = await queue.failed()
    await queue.add()
    claims = await queue.claim()
    await queue.finish(claims)

    ran = await cli("retry", str(failed), str(claims[0]["id"]), "999")

    assert ran.code == 1
    assert "retried 1 job; 2 left as they were (1 done, 1 unknown)" in ran.out
    (record,) = await queue.records()
    assert record["jobs"] == [failed]


async def test_a_cancel_that_was_carried_out_before_is_no_failure(cli: Cli, queue: Queue) -> None:
    (job,) = await queue.add()

    first, second = await cli("cancel", str(job)), await cli("cancel", str(job))

    assert (first.code, second.code) == (0, 0)
    assert "cancelled 0 jobs; 1 left" in second.out
    assert len(await queue.records()) == 1


async def test_a_running_job_is_cancelling_until_its_worker_has_stopped_it(cli: Cli, queue: Queue) -> None:
    (job,) = await queue.add()
    await queue.claim()

    ran = await cli("cancel", str(job), "--reason", "wrong repo", "--json")

    assert ran.json["changed"] == [{"id": job, "was": "running", "now": "cancelling"}]
    assert await queue.connection.fetchval("select cancel_reason from fleet.job") == "wrong repo"


async def test_a_filter_chooses_by_part_of_the_error_and_nothing_else_is_touched(cli: Cli, queue: Queue) -> None:
    there = await queue.failed(3, error="HostGone", message="no answer from 10.0.0.1")
    other = await queue.failed(2, error="Boom")

    ran = await cli("retry", "--error", "no answer", "--yes")

    assert ran.code == 0
    assert await queue.states(*there, *other) == ["ready"] * 3 + ["failed"] * 2


async def test_the_latest_error_of_a_job_that_waits_chooses_it_too(cli: Cli, queue: Queue) -> None:
    ids = await queue.add(2)
    claims = await queue.claim(2)
    await queue.connection.execute(
        "select fleet.fail(array[$1::bigint], array[$2::integer], '{1 h}', '{HostGone}', '{x}')",
        claims[0]["id"],
        claims[0]["token"],
    )

    ran = await cli("cancel", "--error", "HostGone", "--yes")

    assert ran.code == 0
    assert await queue.states(*ids) == ["cancelled", "running"]


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (("--kind", "note"), {1, 2}),
        (("--kind", "note", "--kind", "other"), {1, 2, 3}),
        (("--queue", "others"), {3}),
        (("--state", "scheduled"), {2}),
        (("--since", "1h"), {1, 3}),
        (("--since", "2020-01-01"), {1, 2, 3}),
        (("--kind", "note", "--limit", "1"), {1}),
        (("--kind", "none_such"), set()),
    ],
)
async def test_every_option_narrows_the_choice(
    cli: Cli, queue: Queue, options: tuple[str, ...], chosen: set[int]
) -> None:
    await queue.declare("other", "others")
    await queue.add()
    await queue.connection.execute("select fleet.enqueue('note', delay => '1 day')")
    await queue.add(kind="other")
    await queue.connection.execute("update fleet.job set enqueued_at = enqueued_at - interval '2 h' where id = 2")

    ran = await cli("cancel", *options, "--dry-run", "--json")

    assert set(ran.json["ids"]) == chosen
    assert set(await queue.states(1, 2, 3)) == {"ready", "scheduled"}


async def test_a_dry_run_counts_by_kind_and_changes_nothing(cli: Cli, queue: Queue) -> None:
    ids = await queue.failed(3)

    ran = await cli("retry", "--kind", "note", "--dry-run")

    assert ran.code == 0
    assert ran.out.splitlines() == ["would retry 3 jobs:", "jobs  kind  queue  state", "   3  note  notes  failed"]
    assert set(await queue.states(*ids)) == {"failed"}
    assert await queue.records() == []


async def test_a_filter_without_yes_and_without_anybody_to_ask_changes_nothing(cli: Cli, queue: Queue) -> None:
    ids = await queue.failed(2)

    ran = await cli("retry", "--kind", "note")

    assert ran.code == 64
    assert ran.err.splitlines() == [
        "  2 note in notes, failed",
        "fleet: say --yes to retry 2 jobs, or --dry-run to see which",
    ]
    assert set(await queue.states(*ids)) == {"failed"}


@pytest.mark.parametrize(("answer", "code", "state"), [("y\n", 0, "ready"), ("\n", 64, "failed"), ("", 64, "failed")])
async def test_somebody_at_a_terminal_is_asked_first(
    cli: Cli, queue: Queue, answer: str, code: int, state: str
) -> None:
    (job,) = await queue.failed()

    ran = await cli("retry", "--kind", "note", answers=Person(answer))

    assert ran.code == code
    assert "retry 1 job? [y/N]" in ran.err
    assert await queue.states(job) == [state]


async def test_what_was_shown_is_what_is_done_whatever_matches_by_then(cli: Cli, queue: Queue) -> None:
    shown = await queue.failed(2)
    later: list[int] = []

    async def fail_one_more() -> None:
        later.extend(await queue.failed())

    ran = await cli("retry", "--kind", "note", answers=Person("y\n", before=fail_one_more))

    assert ran.code == 0
    assert await queue.states(*shown, *later) == ["ready", "ready", "failed"]


async def test_thousands_of_jobs_are_dealt_with_in_batches_of_which_each_is_on_record(cli: Cli, queue: Queue) -> None:
    await queue.add(2500)

    ran = await cli("cancel", "--queue", "notes", "--yes")

    assert ran.out == "cancelled 2,500 jobs\n"
    assert [record["count"] for record in await queue.records()] == [1000, 1000, 500]
    assert await queue.connection.fetchval("select count(*) from fleet.job") == 0


async def test_jobs_that_wait_get_another_priority(cli: Cli, queue: Queue) -> None:
    ids = await queue.add(2)
    await queue.claim()

    ran = await cli("reprioritise", *map(str, ids), "--to", "-5")

    assert ran.code == 1
    assert "gave priority -5 to 1 job; 1 left as they were (1 running)" in ran.out
    assert await queue.connection.fetchval("select priority from fleet.job where id = $1", ids[1]) == -5
    (record,) = await queue.records()
    assert record["details"] == '{"priority": -5}'


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("retry",), "name jobs by their ids, or choose them"),
        (("cancel", "1", "--kind", "note"), "either by their ids or by a filter"),
        (("cancel", "x"), 'unable to convert "x" into int'),
        (("cancel", "0"), "Must be >= 1"),
        (("cancel", "9223372036854775808"), "Must be < 9223372036854775808"),
        (("retry", "--outcome", "done"), "Choose from"),
        (("reprioritise", "1"), "--to"),
        (("retry", "--since", "yesterday"), "--since"),
        (("frobnicate",), 'Unknown command "frobnicate"'),
        (("retry", "--frobnicate"), "Unknown option"),
    ],
)
async def test_a_command_line_that_makes_no_sense_is_one_sentence(cli: Cli, typed: tuple[str, ...], says: str) -> None:
    ran = await cli(*typed)

    assert (ran.code, ran.out) == (64, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1


async def test_what_the_queue_refuses_is_said_with_its_hint(cli: Cli, queue: Queue) -> None:
    (job,) = await queue.add()

    ran = await cli("cancel", str(job), "--reason", "x" * 2000)

    assert (ran.code, ran.err) == (65, "fleet: a reason must fit in 1024 bytes\n")
    assert await queue.states(job) == ["ready"]
