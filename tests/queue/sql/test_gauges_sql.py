"""gauges: how the whole queue is, in numbers; recommended_replicas: how many processes a queue needs."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fleet.db import connect
from fleet.testing.database import Database
from tests.queue.sql.session import LEASE, Queue

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def gauges(queue: Queue, **slots: int) -> dict[str, float]:
    """Return the values by name and labels, as in ``queue_jobs queue=notes state=ready``."""
    rows = await queue.connection.fetch(
        "select gauge, labels::text as labels, value from fleet.gauges($1, $2)", list(slots), list(slots.values())
    )
    return {_named(row["gauge"], msgspec.json.decode(row["labels"])): row["value"] for row in rows}


def _named(gauge: str, labels: dict[str, str]) -> str:
    return " ".join([gauge, *(f"{name}={value}" for name, value in sorted(labels.items()))])


async def replicas(queue: Queue, slots: int = 10, **options: Any) -> int:
    given = "".join(f", {name} => ${number}" for number, name in enumerate(options, 2))
    found: int = await queue.connection.fetchval(
        f"select fleet.recommended_replicas('notes', slots => $1{given})", slots, *options.values()
    )
    return found


async def run_one(queue: Queue, takes: timedelta) -> None:
    """Have one job run for so long."""
    claim = await queue.claimed()
    await queue.advance(takes)
    await queue.finish(claim)


class TestGauges:
    async def test_jobs_are_counted_by_queue_and_state(self, queue: Queue) -> None:
        await queue.claimed()
        for delay in (None, None, MINUTE):
            await queue.add(delay=delay)

        found = await gauges(queue)

        assert found["queue_jobs queue=notes state=ready"] == 2
        assert found["queue_jobs queue=notes state=running"] == 1
        assert found["queue_jobs queue=notes state=scheduled"] == 1
        assert found["queue_jobs queue=notes state=held"] == 0

    async def test_a_queue_that_no_kind_and_no_worker_knows_is_counted_too(self, queue: Queue) -> None:
        for name in ("aside", "notes", "zoo"):
            await queue.connection.execute("insert into fleet.job (kind, queue) values ('note', $1)", name)

        found = await gauges(queue)

        assert found["queue_jobs queue=aside state=ready"] == 1
        assert found["queue_jobs queue=zoo state=ready"] == 1

    async def test_of_queues_that_somebody_has_made_up_only_so_many_are_told(self, queue: Queue) -> None:
        await queue.connection.execute(
            "insert into fleet.job (kind, queue) select 'note', 'made_up_' || n from generate_series(1, 300) as n"
        )

        found = await gauges(queue)

        assert len([name for name in found if name.startswith("queue_paused")]) == 101

    async def test_the_longest_wait_is_found_behind_more_urgent_jobs(self, queue: Queue) -> None:
        await queue.add(priority=5)
        await queue.advance(MINUTE)
        await queue.add(priority=-5)
        await queue.advance(SECOND)

        assert (await gauges(queue))["queue_oldest_wait_seconds queue=notes"] == 61

    async def test_nothing_that_waits_is_no_wait(self, queue: Queue) -> None:
        assert (await gauges(queue))["queue_oldest_wait_seconds queue=notes"] == 0

    async def test_workers_count_while_they_have_a_lease(self, queue: Queue) -> None:
        await queue.worker()

        alive = await gauges(queue)
        await queue.advance(LEASE + SECOND)
        dead = await gauges(queue)

        assert (alive["queue_workers queue=notes"], alive["expired_leases"]) == (1, 0)
        assert (dead["queue_workers queue=notes"], dead["expired_leases"]) == (0, 1)

    async def test_a_paused_queue_is_told(self, queue: Queue) -> None:
        await queue.connection.execute("select fleet.pause('notes')")

        assert (await gauges(queue))["queue_paused queue=notes"] == 1

    async def test_failures_count_for_ten_minutes(self, queue: Queue) -> None:
        await queue.fail(await queue.claimed(), delay=None, error="Boom", message="it broke")

        now = await gauges(queue)
        await queue.advance(10 * MINUTE)
        later = await gauges(queue)

        assert now["recent_failures kind=note outcome=failed"] == 1
        assert "recent_failures kind=note outcome=failed" not in later

    async def test_jobs_in_quarantine_are_counted(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.connection.execute("update fleet.job set crashes = 2 where id = $1", job)

        assert (await gauges(queue))["quarantined_jobs"] == 1

    async def test_a_day_without_partitions_is_told(self, queue: Queue) -> None:
        # given: the database of this test has none at all
        before = await gauges(queue)
        await queue.finish(await queue.claimed())

        assert (before["stray_rows"], before["partitions_ahead_seconds"]) == (0, 0)
        assert (await gauges(queue))["stray_rows"] == 1

    async def test_the_age_of_a_snapshot_that_somebody_holds_is_told(self, queue: Queue, database: Database) -> None:
        async with (
            connect(database.url, application="fleet-tests") as other,
            other.transaction(isolation="repeatable_read"),
        ):
            await other.execute("select from fleet.job")

            assert (await gauges(queue))["oldest_snapshot_seconds"] > 0

    async def test_a_task_that_was_not_done_in_time_is_late(self, queue: Queue) -> None:
        run = await queue.connection.fetchval("select run from fleet.begin_cron_run('sweep', '1 day', 'v1', false)")
        await queue.connection.execute("select fleet.end_cron_run('sweep', $1, 'done', '{}', null)", run)

        in_time = await gauges(queue)
        await queue.advance(timedelta(days=2))
        late = await gauges(queue)

        assert (in_time["cron_late task=sweep"], in_time["cron_since_success_seconds task=sweep"]) == (0, 0)
        assert (late["cron_late task=sweep"], late["cron_since_success_seconds task=sweep"]) == (1, 2 * 86_400)

    async def test_only_queues_that_are_asked_about_get_a_recommendation(self, queue: Queue) -> None:
        await queue.add()

        found = await gauges(queue, notes=10)

        assert [name for name in found if "recommended" in name] == ["queue_recommended_replicas queue=notes"]
        assert found["queue_recommended_replicas queue=notes"] == 1

    async def test_partitions_are_there_until_the_end_of_their_last_day(self, queue: Queue) -> None:
        # given: it is noon, and there are partitions for today and three more days
        await queue.connection.execute("select fleet.make_partitions(3)")

        assert (await gauges(queue))["partitions_ahead_seconds"] == 3.5 * 86_400


class TestRecommendedReplicas:
    async def test_none_are_needed_where_there_is_nothing_to_do(self, queue: Queue) -> None:
        await run_one(queue, 10 * SECOND)

        assert await replicas(queue) == 0

    async def test_one_is_needed_for_a_first_job(self, queue: Queue) -> None:
        await queue.add()

        assert await replicas(queue) == 1

    async def test_one_is_needed_for_what_falls_due_within_the_lead(self, queue: Queue) -> None:
        await queue.add(delay=2 * MINUTE)

        assert await replicas(queue) == 0
        assert await replicas(queue, lead=2 * MINUTE) == 1

    async def test_one_is_needed_to_admit_what_has_arrived(self, queue: Queue) -> None:
        job = await queue.add()
        await queue.connection.execute("update fleet.job set state = 'arriving', fair_key = 'k' where id = $1", job)

        assert await replicas(queue) == 1

    async def test_a_backlog_needs_as_many_as_work_it_off_within_the_target(self, queue: Queue) -> None:
        # given: jobs take 30 seconds, and 40 wait
        await run_one(queue, 30 * SECOND)
        for _ in range(40):
            await queue.add()

        # then: forty times 30 s within a minute are 20 slots, and one job of 30 s in ten minutes is a twentieth of one
        assert await replicas(queue) == 3
        assert await replicas(queue, target=2 * MINUTE) == 2
        assert await replicas(queue, slots=1) == 21
        assert await replicas(queue, slots=1, most=7) == 7

    async def test_what_runs_keeps_its_slots(self, queue: Queue) -> None:
        for _ in range(12):
            await queue.claimed()

        assert await replicas(queue, slots=5) == 3

    async def test_a_steady_stream_needs_as_many_as_it_keeps_busy(self, queue: Queue) -> None:
        # given: sixty jobs in ten minutes, of a minute each, keep six slots busy
        worker = await queue.worker()
        for _ in range(60):
            await queue.add()
        claims = await queue.claim(worker, 60)
        await queue.advance(MINUTE)
        for claim in claims:
            await queue.finish(claim)
        await queue.claimed()

        assert await replicas(queue, slots=2) == 3

    async def test_a_limit_of_the_queue_bounds_what_is_of_use(self, queue: Queue) -> None:
        await run_one(queue, 30 * SECOND)
        for _ in range(100):
            await queue.add()
        await queue.connection.execute("select fleet.limit_queue('notes', 20)")

        assert await replicas(queue) == 2

    async def test_a_paused_queue_needs_none_and_one_with_running_jobs_theirs(self, queue: Queue) -> None:
        await queue.add()
        await queue.connection.execute("select fleet.pause('notes')")
        assert await replicas(queue) == 0

        await queue.connection.execute("select fleet.resume('notes')")
        await queue.claim(await queue.worker())
        await queue.connection.execute("select fleet.pause('notes')")
        assert await replicas(queue) == 1

    @pytest.mark.parametrize("slots", [0, -1, None])
    async def test_a_process_without_slots_is_no_reason_to_fail(self, queue: Queue, slots: int | None) -> None:
        await queue.add()

        found = await queue.connection.fetchval("select fleet.recommended_replicas('notes', $1)", slots)

        assert found == 1
