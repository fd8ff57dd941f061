"""How fast one process works off a backlog of jobs that do nothing, beside the least that a queue can do.

The jobs are there before the clock starts, with the first of them that have ended; it stops with the last. Everything
is on: leases, keeper, history, limits of time, log lines. Prints JSON lines: python -m benchmarks.drain. With --against
and the folder of another checkout, its workers take their turn as well: what a change is worth is seen in one run only.
"""

import sys
from collections.abc import Sequence
from functools import partial

from benchmarks.draining import RAW_BATCHES, Drain, drain_fleet, drain_raw
from benchmarks.frame.finding import Asked, Finding, Goal, alone, beside
from benchmarks.frame.ground import Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Rounds, Run, interleave
from benchmarks.others import Other, drain_other, find

OURS, OTHER = "fleet", "the other checkout"

# Four times the best one in Python, which is to be four times each.
_GOALS = {"graphile-worker": 2.0, "pgqueuer": 4.0, "procrastinate": 4.0}


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    contenders: dict[str, Run] = {OURS: partial(drain_fleet, ground, Drain(jobs=scale.jobs))}
    if scale.against is not None:
        contenders[OTHER] = partial(drain_fleet, ground, Drain(jobs=scale.jobs, checkout=scale.against))
    for name, batch in RAW_BATCHES.items():
        contenders[name] = partial(drain_raw, ground, scale.jobs, 1, batch)
    others = await find(scale.peers)
    for other in others:
        contenders[other.name] = partial(drain_other, other, ground, scale.jobs)
    rounds = await interleave(contenders, scale.rounds, probe)
    findings = [*_bounds(rounds), *_costs(rounds), *_beside_others(rounds, others)]
    if scale.against is not None:
        findings += _changes(rounds)
    return findings


def _beside_others(rounds: Rounds, others: Sequence[Other]) -> list[Finding]:
    findings = []
    for other in others:
        goal = Goal(of="ratio", at_least=_GOALS[other.name]) if other.name in _GOALS else None
        rate = Asked(question="drain", figure="rate", unit="jobs/s", goal=goal)
        cpu = Asked(question="drain", figure="worker CPU", unit="s/10k jobs")
        findings.append(beside(rate, rounds.of(OURS, "rate"), other.name, rounds.of(other.name, "rate")))
        findings.append(beside(cpu, rounds.of(OURS, "cpu"), other.name, rounds.of(other.name, "cpu")))
    return findings


def _changes(rounds: Rounds) -> list[Finding]:
    """Tell this checkout beside the other one."""
    units = {"rate": "jobs/s", "cpu": "s/10k jobs", "server_cpu": "s/10k jobs"}
    return [
        beside(
            Asked(question="drain", figure=figure, unit=unit), rounds.of(OURS, figure), OTHER, rounds.of(OTHER, figure)
        )
        for figure, unit in units.items()
    ]


def _bounds(rounds: Rounds) -> list[Finding]:
    asked = Asked(question="drain", figure="rate", unit="jobs/s", goal=Goal(of="ratio", at_least=0.8))
    return [beside(asked, rounds.of(OURS, "rate"), name, rounds.of(name, "rate")) for name in RAW_BATCHES]


def _costs(rounds: Rounds) -> list[Finding]:
    worker = Asked(question="drain", figure="worker CPU", unit="s/10k jobs", goal=Goal(of="value", at_most=0.25))
    server = Asked(question="drain", figure="server CPU", unit="s/10k jobs")
    ours = rounds.of(OURS, "server_cpu")
    return [
        alone(worker, rounds.of(OURS, "cpu")),
        *(beside(server, ours, name, rounds.of(name, "server_cpu")) for name in RAW_BATCHES),
    ]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale()))
