"""Judges a run: was anything lost, run twice without a reason, or ended by somebody who no longer had it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from benchmarks.nemesis.history import Attempt, Ended, History, Hit
from benchmarks.nemesis.journal import Event

# What can keep a worker from renewing its lease, or end it. The other faults are no reason to lose a job.
LETHAL = {
    *("kill", "freeze", "deploy", "half_open", "partition", "answers_lost", "slow_db", "freeze_keeper"),
    *("restart", "crash", "clock_forward", "lose_lease"),
}
Claim = tuple[int, int]
# After so many deaths of its workers a job runs alone, and waits for a worker that is idle.
SUSPECT = 2


class Rescue(msgspec.Struct, frozen=True):
    """Seconds from a fault until the jobs it interrupted ran again."""

    jobs: int
    p50: float
    p99: float
    max: float


class Findings(msgspec.Struct, kw_only=True):
    """The figures of a run; *violations* says what is wrong, a sentence each, and is empty for a good one.

    *rescue* is by kind of fault, and without the jobs that were to run *alone* from then on.
    """

    attempted: int
    acknowledged: int
    recovered: int
    starts: int
    outcomes: Mapping[str, int]
    lost: int
    made_up: int
    duplicated: int
    stale: int
    unexplained: int
    left_over: int
    overlaps: int
    rescue: Mapping[str, Rescue]
    alone: Mapping[str, Rescue]
    faults: Mapping[str, int]
    violations: Sequence[str]


def check(history: History) -> Findings:
    view = _View(history)
    lost, made_up = list(_lost(view)), list(_made_up(view))
    duplicated, stale = list(_duplicated(view)), list(_stale(view))
    unexplained = [*_unexplained(view), *_ends_without_reason(view)]
    left_over = [f"job {job} never ended: {why or 'no reason is known'}" for job, why in history.live]
    faults = Counter(hit.kind for hit in history.hits if not hit.missed)
    missed = [f"the run is void: {kind} was never hit" for kind in sorted(set(history.planned) - set(faults))]
    asked = [request for request in history.requests if request.told != "rolled back"]
    return Findings(
        attempted=sum(len(request.marks) for request in history.requests),
        acknowledged=sum(len(request.marks) for request in asked if request.told == "acknowledged"),
        recovered=sum(mark in view.by_mark for request in asked if request.told == "unknown" for mark in request.marks),
        starts=sum(len(starts) for starts in view.starts.values()),
        outcomes=dict(Counter(ended.outcome for ended in history.ended)),
        lost=len(lost),
        made_up=len(made_up),
        duplicated=len(duplicated),
        stale=len(stale),
        unexplained=len(unexplained),
        left_over=len(left_over),
        overlaps=sum(_overlaps(view)),
        rescue=_rescues(view, alone=False),
        alone=_rescues(view, alone=True),
        faults=dict(sorted(faults.items())),
        violations=[*lost, *made_up, *duplicated, *stale, *unexplained, *left_over, *history.deaths, *missed],
    )


class _View:
    """A history by what is asked of it."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.starts: dict[int, list[Event]] = defaultdict(list)
        self.ends: dict[Claim, Event] = {}
        self.closed: dict[Claim, Attempt] = {(one.job, one.token): one for one in history.attempts}
        self.by_mark: dict[str, list[Ended]] = defaultdict(list)
        self.by_id: dict[int, list[Ended]] = defaultdict(list)
        # By the worker they befell; None is all of them.
        self.harm: dict[str | None, list[Hit]] = defaultdict(list)
        for hit in history.hits:
            if hit.kind in LETHAL:
                self.harm[hit.life].append(hit)
        for event in history.events:
            if event.what == "start":
                self.starts[event.job].append(event)
            elif event.what == "end" and (event.how == "returned" or (event.job, event.token) not in self.ends):
                # One that finished in its own transaction may have been cut off from the answer, and raised after that.
                self.ends[event.job, event.token] = event
            elif event.what == "stall" and event.seconds > history.lease / 2:
                stall = Hit(kind="stall", began=event.at - event.seconds, ended=event.at, life=event.life)
                self.harm[event.life].append(stall)
        for starts in self.starts.values():
            # By claim: a worker that was frozen when it had one may begin what is another's by then.
            starts.sort(key=lambda event: event.token)
        for ended in history.ended:
            self.by_id[ended.id].append(ended)
            if ended.mark is not None and ended.id not in history.typed:
                self.by_mark[ended.mark].append(ended)

    def excuses(self, began: float, ended: float, life: str) -> Iterator[Hit]:
        """What was done to a worker, or befell it, that can have cost it a job between *began* and *ended*."""
        for hit in (*self.harm[life], *self.harm[None]):
            # A lease that a fault has kept from being renewed runs out later, and is found then by somebody's claim.
            if hit.began <= ended and hit.ended + 2 * self.history.lease >= began:
                yield hit


def _lost(view: _View) -> Iterator[str]:
    """What was acknowledged and is nowhere."""
    live = {job for job, _ in view.history.live}
    for request in view.history.requests:
        for job in (*request.ids, *request.known):
            if request.told == "acknowledged" and job not in view.by_id and job not in live:
                yield f"job {job} was acknowledged and is lost"


def _made_up(view: _View) -> Iterator[str]:
    """What is there though nobody asked for it, or took it back, or only in part."""
    asked = {mark for request in view.history.requests for mark in request.marks}
    for mark in view.by_mark:
        if mark not in asked:
            yield f"job {mark} was never asked for"
    for request in view.history.requests:
        there = [mark for mark in request.marks if mark in view.by_mark]
        if request.told == "rolled back" and there:
            yield f"job {there[0]} was rolled back and is there"
        together = set(request.marks) - set(request.unique)
        if request.told == "unknown" and there and not together.issubset(there) and not view.history.live:
            yield f"of the {len(request.marks)} jobs of one transaction {len(there)} are there"


def _duplicated(view: _View) -> Iterator[str]:
    """What is there twice, ended twice, or began again though nothing had ended the attempt before."""
    for mark, rows in view.by_mark.items():
        if len({row.id for row in rows}) > 1:
            yield f"job {mark} is there {len(rows)} times"
    for job, rows in view.by_id.items():
        if len(rows) > 1:
            yield f"job {job} ended {len(rows)} times"
    taken = set(view.history.by_hand)
    for job, starts in view.starts.items():
        for earlier, later in pairwise(starts):
            claim = (job, earlier.token)
            if later.token == earlier.token:
                yield f"job {job} began twice under token {later.token}"
            elif claim not in view.closed and claim not in taken:
                yield f"job {job} began again though its attempt under token {earlier.token} had not ended"


def _stale(view: _View) -> Iterator[str]:
    """What was ended by a claim that was no longer current, or by none."""
    for ended in view.history.ended:
        if ended.outcome != "done":
            continue
        end = view.ends.get((ended.id, ended.token))
        if end is None or end.how != "returned":
            yield f"job {ended.id} is done under token {ended.token}, whose handler did not return"
        if (ended.id, ended.token) in view.closed:
            yield f"job {ended.id} is done under token {ended.token}, which had been closed"
        if any(start.token > ended.token for start in view.starts[ended.id]):
            yield f"job {ended.id} is done under token {ended.token} and began again after that"
    done = {(row.id, row.token) for row in view.history.ended if row.outcome == "done"}
    for claim, count in Counter(view.history.effects).items():
        if claim not in done:
            yield f"the transaction of job {claim[0]} under token {claim[1]} was kept, and its end was not"
        elif count > 1:
            yield f"the transaction of job {claim[0]} was kept {count} times"


def _unexplained(view: _View) -> Iterator[str]:
    """Attempts that were lost though nothing was done to their worker."""
    for job, starts in view.starts.items():
        for start in starts:
            attempt = view.closed.get((job, start.token))
            if attempt is None or attempt.outcome != "lost":
                continue
            if next(view.excuses(start.at, attempt.at, start.life), None) is None:
                yield f"job {job} was taken from {start.life}, to which nothing had been done"


def _ends_without_reason(view: _View) -> Iterator[str]:
    """Jobs that ended otherwise than their handlers would have it."""
    asked, typed = set(view.history.cancelled), set(view.history.typed)
    for ended in view.history.ended:
        if ended.id in typed:
            continue
        if ended.outcome == "cancelled" and ended.id not in asked:
            yield f"job {ended.id} was cancelled by nobody"
        if ended.outcome == "lost" and ended.attempt < ended.max_attempts:
            yield f"job {ended.id} was given up after {ended.attempt} of {ended.max_attempts} attempts"
        if ended.outcome == "failed" and ended.attempt < ended.max_attempts and ended.error_class != "Fail":
            yield f"job {ended.id} failed with {ended.error_class} after {ended.attempt} attempts"


def _overlaps(view: _View) -> Iterator[int]:
    """One for each beginning while the attempt before was still under way in another process: allowed, and counted."""
    for job, starts in view.starts.items():
        for earlier, later in pairwise(starts):
            end = view.ends.get((job, earlier.token))
            yield int(earlier.at > later.at or (end is not None and end.at > later.at))


def _rescues(view: _View, *, alone: bool) -> dict[str, Rescue]:
    seconds: dict[str, list[float]] = defaultdict(list)
    lost: dict[int, list[int]] = defaultdict(list)
    for attempt in view.history.attempts:
        if attempt.outcome == "lost":
            lost[attempt.job].append(attempt.token)
    for job, starts in view.starts.items():
        for earlier, later in pairwise(starts):
            closed = view.closed.get((job, earlier.token))
            if closed is None or closed.outcome not in {"lost", "interrupted"}:
                continue
            if (sum(token < later.token for token in lost[job]) >= SUSPECT) is not alone:
                continue
            hits = [hit for hit in view.excuses(earlier.at, closed.at, earlier.life) if hit.began >= earlier.at]
            first = min(hits, key=lambda hit: hit.began, default=None)
            if first is not None and later.at > first.began:
                seconds[first.kind].append(later.at - first.began)
    return {kind: _rescue(sorted(times)) for kind, times in sorted(seconds.items())}


def _rescue(times: Sequence[float]) -> Rescue:
    def at(share: float) -> float:
        return round(times[min(len(times) - 1, int(share * len(times)))], 3)

    return Rescue(jobs=len(times), p50=at(0.5), p99=at(0.99), max=round(times[-1], 3))
