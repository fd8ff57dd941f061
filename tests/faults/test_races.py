"""Many workers, and plans that a planner may choose."""

import pytest

from fleet.db import Pool
from fleet.testing.database import Database
from tests.faults.conftest import PATIENCE, Scene
from tests.queue.sql.session import open_queue


@pytest.mark.faults
async def test_eight_workers_begin_each_of_five_thousand_jobs_once(scene: Scene, pool: Pool) -> None:
    await pool.execute("select fleet.pause('steps')")
    await pool.execute("select fleet.enqueue('step', jsonb_build_object('act', 'end')) from generate_series(1, 5000)")
    await scene.start(8)

    await pool.execute("select fleet.resume('steps')")
    began = await scene.marked("began", times=5000, within=2 * PATIENCE)
    await scene.marked("ended", times=5000)

    async def all_done() -> bool:
        return await scene.accounted() == {"done": 5000}

    await scene.until(all_done, within=PATIENCE)
    assert len({mark.job for mark in began}) == 5000
    assert len(scene.marks("began")) == 5000
    assert len({mark.pid for mark in began}) == 8


@pytest.mark.parametrize(
    "off", ["indexscan", "bitmapscan", "seqscan", "nestloop", "hashjoin", "mergejoin", "material", "sort"]
)
@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_no_plan_of_a_claim_takes_more_than_there_are_free_slots(database: Database, off: str, mode: str) -> None:
    async with open_queue(database.url) as queue:
        await queue.connection.execute("select fleet.enqueue('step', '{}') from generate_series(1, 50)")
        await queue.connection.execute(f"set enable_{off} = off")
        await queue.connection.execute(f"set plan_cache_mode = {mode}")

        claims = await queue.claim(await queue.worker(), 7, queues=["steps"], kinds=["step"])

    assert len(claims) == 7
