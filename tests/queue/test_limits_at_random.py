"""A few seconds of what benchmarks/limits.py does for minutes: the limits hold, and nothing is held for ever."""

from benchmarks.limits import MOST_RUNNING, soak
from fleet.testing.database import Database


async def test_sessions_that_do_anything_at_random_pass_no_limit(database: Database) -> None:
    figures = await soak(database.url, operations=1500, seed=7)

    assert not figures.violated(), figures
    # Otherwise nothing was proved: the limits were met, and sessions died.
    assert figures.most_running == MOST_RUNNING
    assert figures.killed > 0
    assert figures.begun > 0
    assert figures.samples > 50
