"""Workers of the last release and of this one, side by side on the schema of this one."""

import signal

import pytest

from fleet.db import Connection, Pool
from fleet.testing.until import until
from tests.deploys.conftest import LONG, Work

pytestmark = pytest.mark.usefixtures("notes")


async def put(pool: Pool, count: int, does: str = "", kind: str = "note") -> None:
    await pool.execute(
        "select fleet.enqueue($1, jsonb_build_object('does', $2::text)) from generate_series(1, $3)", kind, does, count
    )


async def all_done(pool: Pool, count: int) -> None:
    async def done() -> bool:
        return bool(await pool.fetchval("select count(*) = $1 from fleet.job_history where outcome = 'done'", count))

    await until(done, within=LONG, what=f"{count} jobs are done")


async def runs(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch("select service, count(*) as runs from public.run group by service")
    return {row["service"]: row["runs"] for row in rows}


async def busy(pool: Pool, *services: str, jobs: int) -> None:
    """Wait until these workers, and no other, run so many jobs altogether."""

    async def they_are() -> bool:
        row = await pool.fetchrow(
            "select count(*) as jobs, array_agg(distinct worker.service order by worker.service) as services"
            " from fleet.job join fleet.worker on worker.id = job.worker where exists"
            " (select from public.run where run.job = job.id and run.token = job.token)"
        )
        return row is not None and (row["jobs"], row["services"]) == (jobs, sorted(services))

    await until(they_are, within=LONG, what=f"{services} are busy")


async def expire_leases(pool: Pool, service: str) -> None:
    """What the clock would do in a while."""
    await pool.execute("update fleet.worker set lease_until = fleet.now() where service = $1", service)


async def test_both_run_jobs_of_one_queue_each_job_once(work: Work, pool: Pool, conn: Connection) -> None:
    old, new = await work("old"), await work("new")

    async with conn.transaction():
        await conn.execute("select pg_advisory_xact_lock(7)")
        await put(pool, 4, "wait")
        await busy(pool, "new", "old", jobs=4)
    await put(pool, 200)
    await all_done(pool, 204)
    for worker in (old, new):
        worker.kill(signal.SIGTERM)
    codes = [await worker.exit_code() for worker in (old, new)]

    assert codes == [0, 0], old.text() + new.text()
    assert sum((await runs(pool)).values()) == await pool.fetchval("select count(distinct job) from public.run") == 204
    assert await pool.fetchval("select count(*) from fleet.worker") == 0
    assert await pool.fetchval("select count(*) from fleet.attempt") == 0


async def test_a_kind_that_one_release_does_not_know_waits_for_the_other(work: Work, pool: Pool) -> None:
    await work("old", "note,old_note")
    await put(pool, 20, kind="new_note")
    await put(pool, 20, kind="note")
    await all_done(pool, 20)
    untouched = await pool.fetchval("select count(*) from fleet.job where kind = 'new_note' and token = 0")
    await work("new", "note,new_note")
    await put(pool, 20, kind="old_note")
    await all_done(pool, 60)

    rows = await pool.fetch(
        "select distinct kind, service from public.run join fleet.job_history on id = job"
        " where kind <> 'note' order by 1"
    )
    assert untouched == 20
    assert [tuple(row) for row in rows] == [("new_note", "new"), ("old_note", "old")]


@pytest.mark.parametrize("first", ["old", "new"])
async def test_the_other_makes_the_next_attempt_of_what_one_put_back(
    work: Work, pool: Pool, conn: Connection, first: str
) -> None:
    second = {"old": "new", "new": "old"}[first]
    one = await work(first)
    async with conn.transaction():
        await conn.execute("select pg_advisory_xact_lock(7)")
        await put(pool, 1, "wait raise")
        await put(pool, 1, "wait snooze")
        await busy(pool, first, jobs=2)
        # Leaves what is put back for the other.
        await pool.execute("select fleet.pause('notes')")

    async def put_back() -> bool:
        return bool(await pool.fetchval("select count(*) = 2 from fleet.job where worker is null"))

    await until(put_back, within=LONG)
    one.kill(signal.SIGTERM)
    code = await one.exit_code()
    await work(second)
    await pool.execute("select fleet.resume('notes')")
    await all_done(pool, 2)

    stories = await pool.fetch("select outcome::text, attempt from fleet.attempt order by job_id")
    assert code == 0, one.text()
    assert [tuple(row) for row in stories] == [("failed", 1), ("snoozed", 1)]
    assert await runs(pool) == {first: 2, second: 2}
    assert [row["attempt"] for row in await pool.fetch("select attempt from fleet.job_history order by id")] == [2, 1]


@pytest.mark.parametrize("first", ["old", "new"])
async def test_the_other_runs_what_one_hands_back_when_it_stops(
    work: Work, pool: Pool, conn: Connection, first: str
) -> None:
    second = {"old": "new", "new": "old"}[first]
    one = await work(first)
    async with conn.transaction():
        await conn.execute("select pg_advisory_xact_lock(7)")
        await put(pool, 2, "wait")
        await busy(pool, first, jobs=2)
        one.kill(signal.SIGTERM)
        code = await one.exit_code()
    await work(second)
    await all_done(pool, 2)

    stories = await pool.fetch("select outcome::text, attempt from fleet.attempt")
    assert code == 0, one.text()
    assert [tuple(row) for row in stories] == [("interrupted", 1)] * 2
    assert [row["attempt"] for row in await pool.fetch("select attempt from fleet.job_history")] == [1, 1]
    assert await runs(pool) == {first: 2, second: 2}


@pytest.mark.parametrize("killed", ["old", "new"])
async def test_jobs_of_a_killed_worker_of_one_release_are_rescued_by_the_other(
    work: Work, pool: Pool, conn: Connection, killed: str
) -> None:
    other = {"old": "new", "new": "old"}[killed]
    victim = await work(killed)
    async with conn.transaction():
        await conn.execute("select pg_advisory_xact_lock(7)")
        await put(pool, 2, "wait")
        await busy(pool, killed, jobs=2)
        victim.kill()
        await victim.exit_code()
        await expire_leases(pool, killed)
    rescuer = await work(other)
    await all_done(pool, 2)

    stories = await pool.fetch("select outcome::text, attempt, error_class from fleet.attempt")
    assert [tuple(row) for row in stories] == [("lost", 1, "WorkerLost")] * 2
    assert await runs(pool) == {killed: 2, other: 2}
    assert rescuer.process.returncode is None
