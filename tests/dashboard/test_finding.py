"""A search goes through everything once, in pieces."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fleet.dashboard import finding
from fleet.dashboard.asked import Wanted
from fleet.dashboard.reading import Reading
from fleet.db import Pool, open_pool
from tests.roles.guarded import Guarded

LONG = timedelta(minutes=1)


@pytest.fixture
async def pool(seeded: tuple[Guarded, object]) -> AsyncIterator[Pool]:
    async with open_pool(seeded[0].database.url, application="fleet-tests", size=2) as pool:
        yield pool


async def test_each_finished_job_lies_in_one_piece(pool: Pool) -> None:
    pieces = [piece async for piece in finding._pieces(Reading(pool), Wanted(), None)]

    ended = [row["finished_at"] for row in await pool.fetch("select finished_at from fleet.job_history")]
    assert len(pieces) >= 3
    assert {sum(first <= moment < last for first, last in pieces) for moment in ended} == {1}


async def test_jobs_that_ended_in_one_moment_are_met_once_each_page_after_page(pool: Pool) -> None:
    await pool.execute(
        "insert into fleet.job_history (id, kind, queue, outcome, priority, args, attempt, max_attempts, enqueued_at,"
        " finished_at) select 900000 + n, 'twin', 'twins', 'done', 0, '{}', 1, 1, now(), now()"
        " from generate_series(1, 120) as n"
    )
    met: list[int] = []
    rest: str | None = None
    while True:
        found = await finding.finished(Reading(pool), Wanted(kind="twin"), rest, patience=LONG)
        met += [row["id"] for row in found.rows]
        rest = found.rest
        if rest is None:
            break

    assert met == [900_000 + n for n in range(120, 0, -1)]


async def test_out_of_time_it_says_where_to_go_on(pool: Pool) -> None:
    found = await finding.finished(Reading(pool), Wanted(kind="nothing of it", key="x"), None, patience=-LONG)

    assert found.rows == []
    assert found.rest is None or found.looked_back_to is not None
