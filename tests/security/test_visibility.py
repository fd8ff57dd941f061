"""What is private stays private, in whatever order the answers of a host come in."""

import random
from datetime import timedelta

import anyio
import pytest

from fleet.analysis import codebases
from fleet.analysis.codebases import Sighting
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.repository import RepositoryAddress
from fleet.db import Pool

ADDRESS = RepositoryAddress("github.com", "psf", "requests")
ANSWERS = 12


@pytest.mark.parametrize("seed", range(10))
async def test_answers_of_workers_that_race_never_make_public_what_the_latest_calls_private(
    pool: Pool, seed: int
) -> None:
    chance = random.Random(seed)  # no secret
    now = await codebases.time_of(pool)
    # A host that flaps; its latest answer says private, and every fetch in between was one that anybody could make.
    said = [chance.random() < 0.3 for _ in range(ANSWERS - 1)] + [True]
    sightings = [
        Sighting(Identity("7", ADDRESS, private), now - timedelta(seconds=ANSWERS - place))
        for place, private in enumerate(said)
    ]
    chance.shuffle(sightings)

    async with anyio.create_task_group() as tasks:
        for sighting in sightings:
            tasks.start_soon(note, pool, sighting)

    assert [tuple(row) for row in await pool.fetch("select private, external_id from app.codebases")] == [(True, "7")]


async def note(pool: Pool, sighting: Sighting) -> None:
    await codebases.recognise(pool, sighting, openly=True)
