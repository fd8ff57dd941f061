"""The checker of benchmarks/nemesis objects to every way in which a run can be wrong, and to none that is allowed."""

from typing import Any

import msgspec
import pytest

from benchmarks.nemesis.check import Findings, check
from benchmarks.nemesis.history import Attempt, Ended, History, Hit, Request
from benchmarks.nemesis.journal import Event


def start(at: float, token: int, life: str = "a", job: int = 1) -> Event:
    return Event(at=at, life=life, what="start", job=job, token=token)


def end(at: float, token: int, how: str = "returned", job: int = 1) -> Event:
    return Event(at=at, life="a", what="end", job=job, token=token, how=how)


def done(token: int, job: int = 1, mark: str = "m") -> Ended:
    return Ended(id=job, mark=mark, outcome="done", token=token, attempt=1, max_attempts=3)


ASKED = Request(told="acknowledged", marks=["m"], ids=[1])
KILLED = Hit(kind="kill", began=1.5, ended=1.5, life="a")
LOST = Attempt(job=1, token=1, outcome="lost", at=2.0)

# A job is enqueued, its worker is killed, another takes it and is done.
GOOD = History(
    lease=1.0,
    requests=[ASKED],
    events=[start(1, 1), start(3, 3, life="b"), end(4, 3)],
    ended=[done(3)],
    attempts=[LOST],
    hits=[KILLED],
    planned=["kill"],
)


def judge(**changes: Any) -> Findings:
    return check(msgspec.structs.replace(GOOD, **changes))


def test_a_job_that_was_rescued_from_a_killed_worker_is_no_violation() -> None:
    findings = judge()

    assert findings.violations == []
    assert (findings.acknowledged, findings.starts, findings.outcomes) == (1, 2, {"done": 1})
    assert (findings.faults, findings.rescue["kill"].max) == ({"kill": 1}, 1.5)


def test_a_job_that_has_lost_two_workers_waits_to_run_alone_and_is_counted_apart() -> None:
    again = Hit(kind="kill", began=3.2, ended=3.2, life="b")

    findings = judge(
        events=[start(1, 1), start(3, 3, life="b"), start(6, 5, life="c"), end(7, 5)],
        ended=[done(5)],
        attempts=[LOST, Attempt(job=1, token=3, outcome="lost", at=3.5)],
        hits=[KILLED, again],
    )

    assert (findings.rescue["kill"].jobs, findings.rescue["kill"].max) == (1, 1.5)
    assert (findings.alone["kill"].jobs, findings.alone["kill"].max) == (1, 2.8)


def test_a_claim_that_was_lost_before_it_began_is_a_death_too() -> None:
    findings = judge(attempts=[LOST, Attempt(job=1, token=2, outcome="lost", at=2.5)])

    assert (findings.rescue, findings.alone["kill"].jobs) == ({}, 1)


def test_a_late_start_of_a_lost_claim_and_a_handler_that_runs_on_are_counted_and_allowed() -> None:
    late = judge(events=[start(3, 3, life="b"), start(3.5, 1), end(4, 3)])
    running_on = judge(events=[start(1, 1), start(3, 3, life="b"), end(3.5, 1), end(4, 3)])

    assert (late.violations, late.overlaps) == ([], 1)
    assert (running_on.violations, running_on.overlaps) == ([], 1)


def test_a_handler_that_raised_after_its_transaction_was_kept_has_returned() -> None:
    findings = judge(events=[start(1, 1), start(3, 3), end(4, 3), end(5, 3, "ConnectionError")], effects=[(1, 3)])

    assert findings.violations == []


@pytest.mark.parametrize("told", ["unknown", "acknowledged"])
def test_what_nobody_was_told_may_be_there(told: str) -> None:
    findings = judge(requests=[msgspec.structs.replace(ASKED, told=told, ids=[])])

    assert findings.violations == []
    assert findings.recovered == (told == "unknown")


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "an acknowledged job that is nowhere": ("lost", {"ended": [], "events": [], "attempts": []}),
    "a unique job that was said to be there and is not": (
        "lost",
        {"requests": [ASKED, Request(told="acknowledged", marks=["n"], known=[2], unique=["n"])]},
    ),
    "a job of a transaction that was rolled back": (
        "made_up",
        {"requests": [msgspec.structs.replace(ASKED, told="rolled back", ids=[])]},
    ),
    "a job that nobody asked for": ("made_up", {"requests": []}),
    "half a transaction": ("made_up", {"requests": [Request(told="unknown", marks=["m", "n"])]}),
    "a job that is there twice": (
        "duplicated",
        {"ended": [done(3), done(1, job=2)], "events": [*GOOD.events, start(1, 1, job=2), end(2, 1, job=2)]},
    ),
    "a job that ended twice": ("duplicated", {"ended": [done(3), done(3)]}),
    "a second start of one claim": ("duplicated", {"events": [start(1, 1), start(3, 3), start(3, 3), end(4, 3)]}),
    "a start while the attempt before had not ended": ("duplicated", {"attempts": []}),
    "an end by a claim that was lost": ("stale", {"ended": [done(1)], "events": [start(1, 1), end(3, 1)]}),
    "an end, and a start after it": (
        "stale",
        {"ended": [done(1)], "events": [start(1, 1), end(2, 1), start(3, 3)], "by_hand": [(1, 1)], "attempts": []},
    ),
    "an end of which no handler knows": ("stale", {"events": [start(1, 1), start(3, 3)]}),
    "an end after the handler raised": ("stale", {"events": [start(1, 1), start(3, 3), end(4, 3, "ValueError")]}),
    "a transaction that was kept without its end": ("stale", {"effects": [(1, 1)]}),
    "a transaction that was kept twice": ("stale", {"effects": [(1, 3), (1, 3)]}),
    "a job taken from a worker that nothing befell": (
        "unexplained",
        {"hits": [msgspec.structs.replace(KILLED, began=2.5, ended=2.5)]},
    ),
    "a job taken from the neighbour of a killed worker": (
        "unexplained",
        {"hits": [msgspec.structs.replace(KILLED, life="b")]},
    ),
    "a job taken because of a fault that harms nobody": (
        "unexplained",
        {"hits": [msgspec.structs.replace(KILLED, kind="cut_listen")], "planned": []},
    ),
    "a job that was cancelled by nobody": (
        "unexplained",
        {"ended": [msgspec.structs.replace(done(3), outcome="cancelled")]},
    ),
    "a job that was given up too early": ("unexplained", {"ended": [msgspec.structs.replace(done(3), outcome="lost")]}),
    "a job that failed too early": (
        "unexplained",
        {"ended": [msgspec.structs.replace(done(3), outcome="failed", error_class="ValueError")]},
    ),
    "a job that never ends": ("left_over", {"live": [(1, "it is running")], "ended": []}),
}


@pytest.mark.parametrize(("figure", "changes"), WRONG.values(), ids=WRONG.keys())
def test_the_checker_objects_to(figure: str, changes: dict[str, Any]) -> None:
    findings = judge(**changes)

    assert getattr(findings, figure) > 0
    assert findings.violations != []


def test_the_checker_objects_to_a_worker_that_ended_by_itself() -> None:
    assert judge(deaths=["w1 ended with 0"]).violations == ["w1 ended with 0"]


@pytest.mark.parametrize("hits", [[], [msgspec.structs.replace(KILLED, missed=True)]], ids=["not tried", "missed"])
def test_a_run_in_which_a_fault_was_never_hit_is_void(hits: list[Hit]) -> None:
    assert "the run is void: kill was never hit" in judge(hits=hits).violations
