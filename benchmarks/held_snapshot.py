"""Whether a drain slows down while somebody holds an old snapshot, so that what the claims leave behind cannot go.

The first tenth of the jobs to end is compared with the last one, at claims of 50; the same drain without a snapshot
says how much of the difference is not the snapshot's. Prints JSON lines: python -m benchmarks.held_snapshot.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from benchmarks.draining import Drain, drain_fleet
from benchmarks.frame.finding import Asked, Finding, Goal, alone, beside
from benchmarks.frame.ground import APPLICATION, Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import interleave
from fleet.config import DatabaseUrl
from fleet.db import connect

HELD, FREE = "held", "free"
SLOTS = 50


@asynccontextmanager
async def _held(url: DatabaseUrl) -> AsyncIterator[None]:
    async with (
        connect(url, application=APPLICATION) as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        # A snapshot is taken by the first statement.
        await connection.fetchval("select count(*) from fleet.worker")
        yield


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    rounds = await interleave(
        {
            HELD: partial(drain_fleet, ground, Drain(jobs=scale.jobs, slots=SLOTS, beside=_held)),
            FREE: partial(drain_fleet, ground, Drain(jobs=scale.jobs, slots=SLOTS)),
        },
        scale.rounds,
        probe,
    )
    goal = Goal(of="value", at_least=0.9)
    ratio = Asked(question="held_snapshot", figure="last tenth to first, held", unit="ratio", goal=goal)
    free = Asked(question="held_snapshot", figure="last tenth to first, free", unit="ratio")
    rate = Asked(question="held_snapshot", figure="rate", unit="jobs/s")
    return [
        alone(ratio, rounds.of(HELD, "last_to_first")),
        alone(free, rounds.of(FREE, "last_to_first")),
        beside(rate, rounds.of(HELD, "rate"), "the same without a snapshot", rounds.of(FREE, "rate")),
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale(rounds=3)))
