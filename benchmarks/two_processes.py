"""What a second process adds when a backlog is worked off: python -m benchmarks.two_processes.

Measured as benchmarks.drain does; the raw bound with two processes says what the machine has left for a second one.
"""

import sys
from collections.abc import Sequence
from functools import partial

from benchmarks.draining import RAW_BATCHES, drain_fleet, drain_raw
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.ground import Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import interleave

COUNTS = {1: "1 process", 2: "2 processes"}


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    raw, batch = next(iter(RAW_BATCHES.items()))
    rounds = await interleave(
        {
            **{f"fleet, {name}": partial(drain_fleet, ground, scale.jobs, count) for count, name in COUNTS.items()},
            **{
                f"{raw}, {name}": partial(drain_raw, ground, scale.jobs, count, batch) for count, name in COUNTS.items()
            },
        },
        scale.rounds,
        probe,
    )
    one, two = COUNTS.values()
    asked = Asked(question="two_processes", figure="rate", unit="jobs/s", goal=Goal(of="ratio", at_least=1.4))
    bound = Asked(question="two_processes", figure="rate of the raw bound", unit="jobs/s")
    return [
        beside(asked, rounds.of(f"fleet, {two}", "rate"), f"fleet, {one}", rounds.of(f"fleet, {one}", "rate")),
        beside(bound, rounds.of(f"{raw}, {two}", "rate"), f"{raw}, {one}", rounds.of(f"{raw}, {one}", "rate")),
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale()))
