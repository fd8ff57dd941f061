"""What a second process adds when a backlog is worked off: python -m benchmarks.two_processes.

Measured as benchmarks.drain does; the raw bound with two processes says what the machine has left for a second one.
"""

import sys
from collections.abc import Sequence
from functools import partial

from benchmarks.draining import RAW_BATCHES, Drain, drain_fleet, drain_raw
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.ground import Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import interleave


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    raw, batch = next(iter(RAW_BATCHES.items()))
    one, two = "1 process", "2 processes"
    rounds = await interleave(
        {
            f"fleet, {one}": partial(drain_fleet, ground, Drain(jobs=scale.jobs)),
            f"fleet, {two}": partial(drain_fleet, ground, Drain(jobs=scale.jobs, processes=2)),
            f"{raw}, {one}": partial(drain_raw, ground, scale.jobs, 1, batch),
            f"{raw}, {two}": partial(drain_raw, ground, scale.jobs, 2, batch),
        },
        scale.rounds,
        probe,
    )
    asked = Asked(question="two_processes", figure="rate", unit="jobs/s", goal=Goal(of="ratio", at_least=1.4))
    bound = Asked(question="two_processes", figure="rate of the raw bound", unit="jobs/s")
    return [
        beside(asked, rounds.of(f"fleet, {two}", "rate"), f"fleet, {one}", rounds.of(f"fleet, {one}", "rate")),
        beside(bound, rounds.of(f"{raw}, {two}", "rate"), f"{raw}, {one}", rounds.of(f"{raw}, {one}", "rate")),
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale()))
