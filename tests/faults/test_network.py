"""Connections that stay open and carry nothing, that are slow, or that break in the middle."""

from datetime import timedelta
from itertools import repeat
from time import monotonic

import anyio
import pytest

from fleet.db import ConnectionFailure, Pool, connect, open_pool
from fleet.queue.bulk import enqueue_bulk
from fleet.testing.ask import Ask
from fleet.testing.database import Database
from fleet.testing.proxy import open_proxy
from fleet.testing.waiting import Until
from tests.faults.conftest import PATIENCE, Scene
from tests.faults.steps import Step

LONG_LEASE = timedelta(seconds=15)


@pytest.mark.faults
async def test_a_job_is_begun_within_fifteen_seconds_though_every_connection_of_its_worker_went_silent(
    scene: Scene, ask: Ask
) -> None:
    (worker,) = await scene.start(lease=LONG_LEASE)
    # One at a time they would all be asked on one connection.
    await scene.ended(*[await ask.enqueue(Step(act="effect")) for _ in range(20)])

    await worker.half_open()
    silent_at = monotonic()
    job = await ask.enqueue(Step())
    (began,) = await scene.marked("began", job)

    assert began.at - silent_at < 15
    assert not worker.dead


@pytest.mark.faults
async def test_a_worker_that_is_heard_and_hears_nothing_stops_before_another_takes_its_job(
    scene: Scene, ask: Ask, until: Until, pool: Pool
) -> None:
    await scene.start(2)
    job = await ask.enqueue(Step(act="stay once"))
    worker = await scene.runner(job)

    await worker.half_open(answers_only=True, also_new=True)
    cancelled = await scene.marked("cancelled", job)
    began = await scene.marked("began", job, times=2)
    done = await until(job, "done", within=PATIENCE)
    await worker.heal()
    after = await until(await ask.enqueue(Step()), "done", within=PATIENCE)

    assert cancelled[0].at <= began[1].at
    assert (done.attempt, after.attempt) == (2, 1)
    assert done.replica != worker.name
    assert await pool.fetchval("select count(*) from fleet.job_history where id = $1", job) == 1


@pytest.mark.faults
async def test_a_lease_outlasts_answers_that_take_half_a_second(
    scene: Scene, ask: Ask, until: Until, pool: Pool
) -> None:
    lease = timedelta(seconds=5)
    (worker,) = await scene.start(lease=lease)
    before = await worker.id()
    job = await ask.enqueue(Step(gate=str(scene.gate)))
    await scene.marked("began", job)

    await worker.slow_db(timedelta(seconds=0.5))
    lease_until = await pool.fetchval("select lease_until from fleet.worker")
    renewed = "select lease_until > $1::timestamptz from fleet.worker"
    await until(lambda: pool.fetchval(renewed, lease_until + 2 * lease), within=PATIENCE, what="two leases have passed")
    scene.gate.open()

    assert await scene.ended(job) == [(job, 1)]
    assert await worker.id() == before


async def test_a_query_into_silence_ends_with_its_limit_and_its_pool_works_when_it_is_over(database: Database) -> None:
    async with open_proxy(database.url) as proxy:
        async with open_pool(proxy.url, application="impatient", size=1) as pool:
            assert await pool.fetchval("select 1") == 1
            (silent,) = proxy.links
            silent.darken()

            asked_at = monotonic()
            with anyio.move_on_after(0.5) as limit:
                await pool.fetchval("select 2")
            waited = monotonic() - asked_at
            await silent.end()
            answer = await pool.fetchval("select 3")

            next(iter(proxy.links)).darken()
            closing_at = monotonic()
        closed_in = monotonic() - closing_at

    assert limit.cancelled_caught
    assert waited < 2
    assert answer == 3
    assert closed_in < 4


async def test_a_stream_of_jobs_that_breaks_off_leaves_none_of_them(
    database: Database, pool: Pool, until: Until
) -> None:
    async def streaming() -> bool:
        found: bool = await pool.fetchval(
            "select exists (select from pg_stat_progress_copy where tuples_processed > 0)"
        )
        return found

    async def gone() -> bool:
        found: bool = await pool.fetchval(
            "select count(*) = 0 from pg_stat_activity where application_name = 'producer'"
        )
        return found

    async with open_proxy(database.url) as proxy, connect(proxy.url, application="producer") as producer:

        async def cut() -> None:
            await until(streaming)
            (link,) = proxy.links
            await link.end()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(cut)
            with anyio.fail_after(60), pytest.raises(ConnectionFailure):
                await enqueue_bulk(producer, repeat(Step(act="x" * 100)))
    await until(gone, what="the server has noticed")
    assert await pool.fetchval("select count(*) from fleet.job") == 0
