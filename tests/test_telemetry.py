"""What is noted of a process's work: in bulk as one by one, and nothing where nobody asks."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.ops.health import TRY_LIMIT, liveness, readiness
from fleet.telemetry import Histogram, Slots, Tally, Vitals, span, traceparent

BOUNDS = (0.1, 1.0, 10.0)


class Job(msgspec.Struct):
    queue: str
    waited_ms: int


class Clock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """A worker with one slot, as it would be seen."""

    worker = "one"
    lease_seconds = 15.0

    def __init__(self, *, taken: int = 0, clogged: bool = False, trusts_for: float = 9.0) -> None:
        self._taken = taken
        self._clogged = clogged
        self._trusts_for = trusts_for

    def trusts_for(self) -> float:
        return self._trusts_for

    def heard_ago(self) -> float | None:
        return 1.0

    def slots(self) -> dict[str, Slots]:
        return {"notes": Slots(all=1, taken=self._taken, stuck=int(self._clogged))}

    def is_clogged(self) -> bool:
        return self._clogged

    def unwritten(self) -> int:
        return 0


@given(st.lists(st.floats(0, 20), min_size=1), st.integers(1, 5))
def test_values_are_sorted_in_together_as_one_by_one(values: list[float], parts: int) -> None:
    together, singly = Histogram(BOUNDS), Histogram(BOUNDS)

    for part in range(parts):
        if values[part::parts]:
            together.add(values[part::parts])
    for value in values:
        singly.add((value,))

    assert together.counts == singly.counts
    assert sum(together.counts) == len(values)
    assert together.sum == pytest.approx(sum(values))


def test_a_value_belongs_to_the_bound_that_it_does_not_exceed() -> None:
    histogram = Histogram(BOUNDS)

    histogram.add((0.1, 0.11, 10.0, 10.1))

    assert histogram.counts == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "jobs",
    [
        [Job("a", 10), Job("a", 30_000), Job("b", 20_000)],
        [Job("a", 10), Job("b", 20_000), Job("a", 30_000)],
        [Job("b", 20_000), Job("a", 10), Job("a", 30_000)],
    ],
)
def test_waits_are_counted_by_queue(jobs: list[Job]) -> None:
    tally = Tally()

    for part in [jobs] if jobs[0].queue != jobs[-1].queue else [jobs[:2], jobs[2:]]:
        tally.claimed(part, 0.003)
    tally.claimed([], 0.001)

    assert (sum(tally.waits["a"].counts), tally.waits["a"].sum) == (2, 30_010)
    assert (sum(tally.waits["b"].counts), tally.waits["b"].sum) == (1, 20_000)
    assert tally.claims["none"] == 1
    assert sum(tally.claim_seconds.counts) == sum(tally.claims.values())


def test_what_is_done_is_counted_with_the_next_claim_and_once() -> None:
    tally = Tally()
    tally.done["note"] += [0.001, 0.002, 7.0]

    tally.claimed([], 0.001)
    tally.fold()

    assert sum(tally.runs["note", "done"].counts) == 3
    assert tally.done["note"] == []


def test_what_will_be_asked_for_is_there_before_it_happens() -> None:
    tally = Tally()

    tally.expect(["note"], ["notes"])

    assert set(tally.runs) == {("note", outcome) for outcome in ("done", "retried", "failed", "lost")}
    assert list(tally.waits) == ["notes"]


def test_without_a_tracer_a_span_is_nothing() -> None:
    with span("fetch", facts={"of": "it"}) as told:
        told["bytes"] = 3

        assert traceparent() is None


def test_a_worker_that_has_not_set_out_for_work_for_long_is_to_be_restarted() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.at_work = Worker()

    clock.now = TRY_LIMIT.total_seconds()
    in_time = liveness(vitals)
    clock.now += 1
    late = liveness(vitals)
    vitals.at_work = Worker(taken=1)
    full = liveness(vitals)
    vitals.at_work, vitals.stopping = Worker(), lambda: True
    stopping = liveness(vitals)

    assert [in_time.ok, late.ok, full.ok, stopping.ok] == [True, False, True, True]
    assert [check.check for check in late.checks if not check.ok] == ["claiming"]


def test_a_clogged_worker_is_to_be_restarted() -> None:
    vitals = Vitals(Clock())
    vitals.at_work = Worker(taken=1, clogged=True)

    assert [check.check for check in liveness(vitals).checks if not check.ok] == ["slots"]


def test_a_worker_is_ready_by_what_it_did_a_moment_ago() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.schema_is_current, vitals.at_work = True, Worker()

    def failing() -> list[str]:
        return [check.check for check in readiness(vitals).checks if not check.ok]

    before = failing()
    vitals.has_claimed()
    after = failing()
    clock.now = 46.0
    later = failing()
    vitals.at_work = Worker(trusts_for=-0.1)

    assert (before, after, later, failing()) == (["claim"], [], ["claim"], ["lease", "claim"])
