"""What the cleanup may drop and delete of the finished jobs: days that are over, and strays."""

from datetime import timedelta

import pytest

from fleet.db import ServerError
from tests.queue.sql.session import NOON, Queue

DAY = timedelta(days=1)


async def _drop(queue: Queue, partition: str | None) -> None:
    await queue.connection.execute("select fleet.drop_partition($1)", partition)


async def _strays(queue: Queue, parent: str, at_most: int = 10) -> int:
    deleted: int = await queue.connection.fetchval("select fleet.delete_strays($1, $2, $3)", parent, queue.now, at_most)
    return deleted


async def test_a_day_that_is_over_is_dropped_with_its_jobs(queue: Queue) -> None:
    await queue.connection.execute("select fleet.make_partitions(1)")
    claim = await queue.claimed()
    await queue.finish(claim)
    await queue.advance(DAY)

    await _drop(queue, "job_history_20260301")

    assert await queue.finished(claim["id"]) is None


@pytest.mark.parametrize(
    "partition",
    [
        "job_history_20260301",  # today
        "job_history_20260302",
        "job_history_default",
        "job_history",
        "job",
        "kind_20260228",
        "job_history_20260228",  # there is none
        'job_history_20260228"; drop table fleet.job; --',
        None,
    ],
)
async def test_anything_else_is_refused_and_stays(queue: Queue, partition: str | None) -> None:
    await queue.connection.execute("select fleet.make_partitions(1)")
    tables = "select array_agg(oid order by oid) from pg_class where relnamespace = 'fleet'::regnamespace"
    before = await queue.connection.fetchval(tables)

    with pytest.raises(ServerError, match="is no day of finished jobs or attempts that is over") as refused:
        await _drop(queue, partition)

    assert refused.value.sqlstate == "FL002"
    assert await queue.connection.fetchval(tables) == before


async def test_a_table_whose_name_looks_like_a_day_but_is_none_stays(queue: Queue) -> None:
    async with queue.connection.transaction():
        await queue.connection.execute("create table fleet.attempt_20260228 (like fleet.attempt)")

        with pytest.raises(ServerError, match="is no day"):
            async with queue.connection.transaction():
                await _drop(queue, "attempt_20260228")

        await queue.connection.execute("drop table fleet.attempt_20260228")


async def test_strays_go_when_they_are_old_enough_so_many_at_a_time(queue: Queue) -> None:
    for _ in range(3):
        await queue.finish(await queue.claimed())
    await queue.advance(DAY)
    await queue.finish(young := await queue.claimed())
    queue.now = NOON

    assert [await _strays(queue, "job_history", 2), await _strays(queue, "job_history", 2)] == [2, 1]
    assert await queue.finished(young["id"]) is not None


async def test_stray_attempts_go_by_themselves(queue: Queue) -> None:
    await queue.fail(await queue.claimed())

    assert [await _strays(queue, "attempt"), await _strays(queue, "attempt")] == [1, 0]
    assert await queue.connection.fetchval("select count(*) from fleet.job_history") == 1


@pytest.mark.parametrize("parent", ["job", "worker", None])
async def test_no_other_table_has_strays(queue: Queue, parent: str) -> None:
    with pytest.raises(ServerError, match="is not kept by day") as refused:
        await _strays(queue, parent)

    assert refused.value.sqlstate == "FL002"
