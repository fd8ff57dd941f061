"""How figures are taken and judged, and one drain that is small enough to be run here."""

from collections.abc import Mapping

import pytest

from benchmarks import drain
from benchmarks.frame.finding import Asked, Goal, alone, beside
from benchmarks.frame.ground import ground_on
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale
from benchmarks.frame.rounds import Run, interleave
from fleet.local.server import run_postgres


class NoProbe(Probe):
    def __init__(self) -> None:
        self.taken = 0

    async def take(self) -> None:
        self.taken += 1


async def test_contenders_take_turns() -> None:
    order: list[str] = []

    def contender(name: str) -> Run:
        async def run() -> Mapping[str, float]:
            order.append(name)
            return {"place": len(order)}

        return run

    probe = NoProbe()
    rounds = await interleave({"ours": contender("ours"), "theirs": contender("theirs")}, 2, probe)

    assert order == ["ours", "theirs", "ours", "theirs"]
    assert rounds.of("theirs", "place") == [2, 4]
    assert probe.taken == 2


def test_the_ratio_is_that_of_the_middle_round() -> None:
    # A machine that was busy for a round was busy for both: the ratio of the medians would be 2.
    found = beside(Asked(question="q", figure="f", unit="u"), [10.0, 1.0, 9.0], "theirs", [10.0, 4.5, 4.5])

    assert (found.value, found.peer_value, found.ratio) == (9.0, 4.5, 1.0)


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal(of="ratio", at_least=0.5), True),
        (Goal(of="ratio", at_least=0.6), False),
        (Goal(of="value", at_most=2.0), True),
        (Goal(of="value", at_most=1.9), False),
        (None, None),
    ],
)
def test_a_goal_is_for_the_ratio_or_for_the_value(goal: Goal | None, met: bool | None) -> None:
    asked = Asked(question="q", figure="f", unit="u", goal=goal)

    assert beside(asked, [2.0], "theirs", [4.0]).met is met
    if goal is None or goal.of == "value":
        assert alone(asked, [2.0]).met is met


async def test_a_drain_tells_the_rate_beside_the_raw_bound_and_what_it_costs() -> None:
    async with run_postgres(None) as url:
        ground = await ground_on(url)
        probe = Probe(ground)
        findings = await drain.ask(ground, probe, Scale(rounds=1, jobs=2_500))

    assert {(found.figure, found.peer) for found in findings} == {
        ("rate", "raw, batch 500"),
        ("rate", "raw, batch 1000"),
        ("worker CPU", None),
        ("server CPU", "raw, batch 500"),
        ("server CPU", "raw, batch 1000"),
    }
    assert all(found.value > 0 for found in findings)
    assert set(probe.noise()) == {"compute", "commit"}
