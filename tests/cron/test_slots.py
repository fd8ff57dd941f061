"""What was missed, what is late, and how much of it is remembered."""

from datetime import timedelta

import msgspec
import pytest

from fleet.cron import Run
from fleet.db import Connection
from fleet.testing.clock import set_clock
from tests.cron.conftest import DAY, NOON, TASK, RunAfter, finish, records, shown

MINUTE = timedelta(minutes=1)


async def test_the_first_run_of_a_task_has_missed_nothing(run_after: RunAfter) -> None:
    run = await run_after()

    assert (run.since_success, run.missed) == (None, 0)


@pytest.mark.parametrize(
    ("passed", "missed"),
    [(DAY, 0), (DAY - MINUTE, 0), (DAY + 11 * 60 * MINUTE, 0), (2 * DAY, 1), (2 * DAY + 5 * MINUTE, 1), (7 * DAY, 6)],
)
async def test_a_run_says_how_many_were_missed_since_one_was_done(
    run_after: RunAfter, conn: Connection, passed: timedelta, missed: int
) -> None:
    await run_after()

    run = await run_after(passed)

    assert (run.since_success, run.missed) == (passed, missed)
    record = (await records(conn))[-1]
    assert (record["since_success"], record["missed"]) == (passed, missed)


async def test_neither_a_failed_nor_a_partial_nor_a_dry_run_counts_as_done(run_after: RunAfter) -> None:
    async def fail(_run: Run) -> None:
        raise KeyError

    async def half(_run: Run) -> None:
        pass

    await run_after()
    with pytest.raises(KeyError):
        await run_after(DAY, work=fail)
    await run_after(DAY, work=half)
    await run_after(DAY, task=msgspec.structs.replace(TASK, dry_run=True))

    run = await run_after(DAY)

    assert (run.since_success, run.missed) == (4 * DAY, 3)


@pytest.mark.parametrize(("passed", "late"), [(DAY + 11 * 60 * MINUTE, False), (2 * DAY, True)])
async def test_a_task_that_nothing_starts_any_more_is_shown_as_late(
    run_after: RunAfter, conn: Connection, passed: timedelta, late: bool
) -> None:
    await run_after()
    await set_clock(conn, NOON + passed)

    row = await shown(conn)

    assert row is not None
    assert (row["state"], row["since_success"], row["late"]) == ("done", passed, late)


async def test_a_task_that_was_never_done_is_late_from_its_first_run_on(run_after: RunAfter, conn: Connection) -> None:
    async def half(_run: Run) -> None:
        pass

    await run_after(work=half)
    early = await shown(conn)
    await run_after(2 * DAY, work=half)
    late = await shown(conn)

    assert early is not None
    assert late is not None
    assert (early["late"], late["late"], late["since_success"]) == (False, True, None)


async def test_a_thousand_runs_of_a_task_are_remembered_and_the_last_that_was_done(
    run_after: RunAfter, conn: Connection
) -> None:
    await run_after()
    await run_after(task=msgspec.structs.replace(TASK, name="other"))
    await conn.execute(
        "insert into fleet.cron_run (task, every, dry_run, version, started_at, ended_at, outcome, missed)"
        " select 'report', '1 day', false, '', $1, $1, 'failed', 0 from generate_series(1, 1200)",
        NOON,
    )

    run = await run_after(DAY)

    kept = await records(conn)
    assert run.since_success == DAY
    assert len([record for record in kept if record["task"] == "report"]) == 1001
    assert len([record for record in kept if record["task"] == "other"]) == 1


async def test_the_newest_run_of_a_task_is_found_by_the_key(conn: Connection) -> None:
    await conn.execute(
        "insert into fleet.cron_run (task, every, dry_run, version, started_at, missed)"
        " select 'report-' || number % 5, '1 day', false, '', now(), 0 from generate_series(1, 5000) as number;"
        "analyze fleet.cron_run"
    )

    plan = "\n".join(
        row[0]
        for row in await conn.fetch(
            "explain select id from fleet.cron_run where task = 'report-1' and outcome = 'done' and not dry_run"
            " order by id desc limit 1"
        )
    )

    assert "Seq Scan" not in plan, plan
    assert "cron_run_pkey" in plan


async def test_a_dry_run_is_recorded_as_one_and_shown_by_no_summary(run_after: RunAfter, conn: Connection) -> None:
    await run_after(task=msgspec.structs.replace(TASK, dry_run=True), work=finish)

    [record] = await records(conn)
    assert (record["dry_run"], record["outcome"], record["counts"]) == (True, "done", '{"lines": 3}')
    assert await shown(conn) is None
