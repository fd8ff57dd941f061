"""What must be true of every history, checked at each step of it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import msgspec

from fleet.queue.drain import CLOSING
from fleet.queue.plan import EXIT_DATABASE_GONE, EXIT_STOPPED, EXIT_STUCK, Plan
from tests.simulation.controls import Database
from tests.simulation.loop import Life

# What a step takes when nothing takes time, and what floats lose.
AN_INSTANT = 0.1
# A notification, a claim and its answer take a tenth of that; the poll of a deaf listener is once a second.
PROMPT = 2.5
FORGIVEN = 10

# What changes no job.
READING = {"held_by", "next_due", "renew_lease", "notify", "report_progress"}

Key = tuple[int, int]


class Violation(AssertionError):
    """A promise that was broken; the message says which."""


class Process(msgspec.Struct, kw_only=True, eq=False):
    """A worker process, as the world sees it."""

    life: Life
    plan: Plan
    started_at: float
    stopped_at: float | None = None
    hurried_at: float | None = None
    thawed_at: float = float("-inf")
    # How long it was frozen since it was told to stop.
    frozen_for: float = 0.0
    code: int | None = None
    stuck: bool = False
    # Those of the database's workers that it has been.
    workers: list[UUID] = msgspec.field(default_factory=list)

    @property
    def runs(self) -> bool:
        return self.code is None and not self.life.dead and not self.life.frozen


class Run(msgspec.Struct, kw_only=True, eq=False):
    """A handler at work on one claim."""

    process: Process
    key: Key
    worker: UUID
    started_at: float
    limit: float
    became: str = "running"
    unwinding: bool = False
    commit_sent: bool = False


def _stuck_after(run: Run) -> float:
    return run.process.plan.stuck_after.total_seconds()


class Trusted(Protocol):
    """What knows from when a worker trusts its lease."""

    trusted_from: dict[UUID, float]


class Oracle:
    """Knows what was promised, and raises Violation when something else happens."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self.wire: Trusted
        self.owners: dict[UUID, Process] = {}
        self.runs: dict[Key, Run] = {}
        self.seen: Counter[str] = Counter()
        self.enqueued: set[int] = set()
        # Running jobs that somebody took back by hand, and when.
        self.taken: dict[Key, float] = {}
        self._database = database
        self._now = now
        self._claims: dict[Key, UUID] = {}
        self._tokens: dict[int, int] = {}
        self._committed: Counter[int] = Counter()
        self.broken: Violation | None = None

    def executed(self, function: str, arguments: tuple[Any, ...], answer: Any) -> None:
        """Check one transaction of a worker, and the rows it leaves."""
        if function == "claim":
            for row in answer:
                self._claimed((row["id"], row["token"]), arguments[0])
        elif function in {"finish", "fail", "snooze", "release"}:
            tokens = dict(zip(arguments[0], arguments[1], strict=True))
            for job in answer:
                self._ended(function, (job, tokens[job]), arguments)
        if function not in READING:
            self.rows_make_sense()

    def _claimed(self, key: Key, worker: UUID) -> None:
        job, token = key
        self.demand(token > self._tokens.get(job, 0), f"I1: job {job} got token {token} again")
        self._tokens[job] = token
        self._claims[key] = worker

    def _ended(self, function: str, key: Key, arguments: tuple[Any, ...]) -> None:
        run = self.runs.get(key)
        became = run.became if run is not None else "never run"
        self.seen[function] += 1
        self.demand(
            self._tokens.get(key[0]) == key[1],
            f"I2: {function} of job {key[0]} was accepted with the old token {key[1]}",
        )
        if function == "finish":
            sent = run is not None and run.commit_sent
            self.demand(became == "returned" or sent, f"job {key} was finished by a handler that had {became}")
        if function == "fail":
            overstayed = (
                run is not None and run.unwinding and self._now() > run.started_at + run.limit + _stuck_after(run)
            )
            self.demand(
                became in {"raised", "stopped"} or overstayed, f"job {key} was failed by a handler that had {became}"
            )
        if function == "snooze":
            self.demand(became == "snoozed", f"job {key} was snoozed by a handler that had {became}")
        if function == "release" and run is not None:
            reason = arguments[2]
            self.demand("never reached" not in reason, f"job {key} was handed back as unknown while its worker ran it")
            at_work = became == "running" and not run.process.stuck and not run.process.life.dead
            excused = run.process.plan.drain.release_first or run.unwinding
            self.demand(not at_work or excused, f"job {key} was handed back ({reason}) while its handler worked")

    def rows_make_sense(self) -> None:
        """Check the invariants of the rows, whoever wrote them."""
        database = self._database
        self.demand(
            self.enqueued == database.jobs.keys() | database.ended.keys()
            and not database.jobs.keys() & database.ended.keys(),
            "I12: a job is lost, or there twice",
        )
        unique: Counter[tuple[str, str]] = Counter()
        active: Counter[tuple[str, str]] = Counter()
        for job in database.jobs.values():
            running = job.state == "running"
            self.demand(0 <= job.attempt <= job.max_attempts, f"I4: job {job.id} has used {job.attempt} attempts")
            self.demand(
                running == (job.worker is not None), f"I5: job {job.id} is {job.state} with worker {job.worker}"
            )
            self.demand(not running or job.worker in database.workers, f"job {job.id} runs on a worker that is nowhere")
            self.demand(running or job.attempt < job.max_attempts, f"job {job.id} waits without an attempt left")
            if job.unique_key is not None and (job.unique_scope == "active" or (job.unique_scope and not running)):
                unique[job.kind, job.unique_key] += 1
            if job.fair_key is not None and job.state in {"ready", "running"}:
                active[job.queue, job.fair_key] += 1
        self.demand(max(unique.values(), default=0) <= 1, "I8: two jobs have one unique key")
        for (queue, key), count in active.items():
            self.demand(count <= database.max_active.get(queue, count), f"key {key} has {count} active jobs")

    def begin(self, process: Process, key: Key, limit: timedelta) -> Run:
        """Note that a handler starts."""
        worker = self._claims.get(key)
        self.demand(
            worker is not None and self.owners.get(worker) is process, f"I6: {key} runs here and was never claimed"
        )
        self.demand(key not in self.runs, f"I6: claim {key} was run twice")
        assert worker is not None
        run = Run(process=process, key=key, worker=worker, started_at=self._now(), limit=limit.total_seconds())
        self.runs[key] = run
        self.seen["start"] += 1
        self.acts(run, "began")
        return run

    def acts(self, run: Run, what: str = "went on") -> None:
        """A handler does something that others can see: nobody else may have its job by now."""
        if self._is_current(run.key):
            return
        self.seen["zombie"] += 1
        process = run.process
        # A process that comes back from the dead finds out in the instant after; nobody can be quicker.
        excused = self._now() - process.thawed_at <= AN_INSTANT or process.plan.drain.release_first
        excused |= self._now() - self.taken.get(run.key, float("-inf")) <= self.soon(process)
        self.demand(
            excused, f"I11: the handler of {run.key} {what} on {process.life.name} when the job was no longer its own"
        )

    def soon(self, process: Process) -> float:
        """Return how long it may take until a process knows what the database says of its jobs."""
        return PROMPT + process.plan.reconcile_pause.total_seconds()

    def stopped(self, run: Run) -> None:
        """A handler is cancelled: something must have asked for that."""
        run.unwinding = True
        job = self._database.jobs.get(run.key[0])
        process, now = run.process, self._now() + 1e-6
        lease = process.plan.lease
        trusted = (lease.length - lease.margin).total_seconds()
        grace = process.plan.drain.grace.total_seconds()
        reasons = {
            "cancelled": job is not None and job.cancel_requested_at is not None,
            "lost": not self._is_current(run.key),
            "overran": now >= run.started_at + run.limit,
            "drained": process.stopped_at is not None
            and (now >= process.stopped_at + grace or process.hurried_at is not None),
            "lease over": now >= self.wire.trusted_from[run.worker] + trusted or not self._database.lives(run.worker),
        }
        self.seen.update(f"stopped: {name}" for name, holds in reasons.items() if holds)
        self.demand(any(reasons.values()), f"the handler of {run.key} was stopped for no reason")

    def commits(self, run: Run) -> None:
        """A handler's own transaction commits, with the completion of its job."""
        job = run.key[0]
        self._committed[job] += 1
        self.seen["committed"] += 1
        self.demand(self._committed[job] == 1, f"I7: job {job} had its effect twice")
        self.demand(self._database.state_of(job) == "done", f"I7: job {job} had its effect and is not done")

    def reported(self, job: int, outcome: str) -> None:
        """A worker says how a job ended: when it says done, it is."""
        state = self._database.state_of(job)
        self.demand(outcome != "done" or state == "done", f"job {job} was reported as done and is {state}")

    def exited(self, process: Process, code: int) -> None:
        """A process ended of itself."""
        process.code = code
        name, now = process.life.name, self._now()
        self.seen[f"exit {code}"] += 1
        drain = process.plan.drain
        if code == EXIT_STUCK:
            # One that was frozen while its handlers unwound cannot tell.
            thawed = now - process.thawed_at <= drain.cancel.total_seconds()
            self.demand(process.stuck or thawed, f"{name} left as stuck, and no handler was")
            return
        if code == EXIT_DATABASE_GONE:
            patience = process.plan.patience.total_seconds()
            self.demand(now - process.started_at > patience, f"{name} gave the database up too early")
            return
        self.demand(
            code == EXIT_STOPPED and process.stopped_at is not None, f"{name} left with {code} and nobody asked"
        )
        assert process.stopped_at is not None
        until = process.stopped_at + (drain.grace + drain.cancel + CLOSING).total_seconds() + process.frozen_for
        if process.hurried_at is not None:
            until = min(until, process.hurried_at + (drain.cancel + CLOSING).total_seconds() + process.frozen_for)
        self.demand(now <= until, f"{name} took {now - process.stopped_at:.1f} s to stop, {now - until:.1f} s too long")
        held = [job.id for job in self._database.in_state("running") if job.worker in process.workers]
        at_work = [run.key for run in self.runs.values() if run.process is process and run.became == "running"]
        self.demand(not at_work, f"{name} left with 0 while {at_work} ran")
        self.seen["left jobs behind"] += bool(held)

    def _is_current(self, key: Key) -> bool:
        return self._database.current(*key) is not None

    def demand(self, holds: bool, otherwise: str) -> None:
        """Note what is broken first. Not raised here: a handler's errors are the runtime's to catch."""
        if not holds and self.broken is None:
            self.broken = Violation(otherwise)
