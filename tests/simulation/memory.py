"""The queue's SQL functions on dictionaries: what a worker calls.

Each call is one transaction, and nothing happens during it: what PostgreSQL does with two at once is not simulated.
Left out: retry budgets, ageing, rates, tiers, awaited jobs and on_conflict. The rest is held to the SQL by
test_conformance.py and test_differential.py.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.simulation.rows import Attempt, Ended, Job, Kind, Pause, Worker

WAKE = "fleet_wake"
CANCEL = "fleet_cancel"

# After so many interruptions one costs its attempt.
FORGIVEN = 10
WAITING = ("scheduled", "arriving", "held", "ready")
BATCH = 500
DEAD_AT_ONCE = 20
# After the death of so many of its workers a job runs alone.
QUARANTINED = 2
SWEEP_OF_A_KEY = 1000


class NoLease(Exception):
    """What fleet.claim raises as FL003."""


class Tables:
    """The rows, and what several functions do with them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.jobs: dict[int, Job] = {}
        self.ended: dict[int, Ended] = {}
        self.attempts: list[Attempt] = []
        self.workers: dict[UUID, Worker] = {}
        self.kinds: dict[str, Kind] = {}
        self.pauses: dict[str, Pause] = {}
        self.max_running: dict[str, int] = {}
        self.max_active: dict[str, int] = {}
        self.last_id = 0
        # In what order workers come where they are equal.
        self.rank: Callable[[UUID], Any] = lambda worker: worker
        # What this transaction will notify about; equal notifications fold, as they do in PostgreSQL.
        self.outbox: dict[tuple[str, str], None] = {}
        # Whether some worker sleeps on a queue; nobody else is notified.
        self.sleeps_on: Callable[[str], bool] = lambda _queue: True

    def take_outbox(self) -> list[tuple[str, str]]:
        notified, self.outbox = list(self.outbox), {}
        return notified

    def wake(self, queues: Iterable[str]) -> None:
        self.outbox |= {(WAKE, queue): None for queue in queues if self.sleeps_on(queue)}

    def fall_asleep(self, queues: Sequence[str], anew: Sequence[str]) -> bool:
        """No transaction is ever under way here that did not see it; who sleeps on what is kept by its connection."""
        return set(anew) <= set(queues)

    def stay_awake(self, queues: Sequence[str]) -> None: ...

    def current(self, job: int, token: int) -> Job | None:
        """Return the job if this is its current claim."""
        row = self.jobs.get(job)
        return row if row is not None and row.token == token and row.worker is not None else None

    def in_state(self, state: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.state == state]

    def state_of(self, job: int) -> str | None:
        if (live := self.jobs.get(job)) is not None:
            return live.state if live.cancel_requested_at is None else "cancelling"
        return self.ended[job].outcome if job in self.ended else None

    def is_paused(self, queue: str) -> bool:
        pause = self.pauses.get(queue)
        return pause is not None and (pause.resume_at is None or pause.resume_at > self.now())

    def key_is_taken(self, kind: str, key: str | None, scope: str | None) -> int | None:
        """Return the id of the job that has this unique key within *scope*."""
        for other in self.jobs.values():
            if key is not None and (other.kind, other.unique_key, other.unique_scope) == (kind, key, scope):  # noqa: SIM102  # two thoughts
                if scope == "active" or (scope == "waiting" and other.state != "running"):
                    return other.id
        return None

    def room(self, queue: str, key: str) -> int | None:
        """Return how many more jobs of a fair key may be ready; None: any number."""
        limit = self.max_active.get(queue)
        if limit is None:
            return None
        return limit - sum(
            (job.queue, job.fair_key) == (queue, key) and job.state in {"ready", "running"}
            for job in self.jobs.values()
        )

    def line(self, queue: str, key: str) -> list[Job]:
        """Return what is held under a key, in its order."""
        held = (job for job in self.in_state("held") if (job.queue, job.fair_key) == (queue, key))
        return sorted(held, key=lambda job: job.order)

    def admit_held(self, keys: Iterable[tuple[str, str | None]]) -> None:
        for queue, key in dict.fromkeys(keys):
            if key is None:
                continue
            room = self.room(queue, key)
            for job in self.line(queue, key)[: SWEEP_OF_A_KEY if room is None else max(0, room)]:
                job.state = "ready"
                self.wake([queue])

    def make_room(self, gone: Sequence[Job]) -> None:
        self.admit_held((job.queue, job.fair_key) for job in gone)
        for queue in {job.queue: None for job in gone}:
            if queue in self.max_running and any(job.queue == queue for job in self.in_state("ready")):
                self.wake([queue])

    def close_attempts(
        self, keys: Sequence[tuple[int, int]], outcome: str, errors: Mapping[int, tuple[str | None, str | None]]
    ) -> list[Job]:
        """Write what did not succeed into the story; returns the jobs whose claim was current, by id."""
        closed = [job for key in sorted(dict.fromkeys(keys)) if (job := self.current(*key)) is not None]
        for job in closed:
            error_class, message = errors.get(job.id, (None, None))
            cancelled = job.cancel_requested_at is not None and outcome == "interrupted"
            self.attempts.append(
                Attempt(
                    job=job.id,
                    token=job.token,
                    attempt=job.attempt,
                    outcome="cancelled" if cancelled else outcome,
                    error_class=error_class,
                    error_message=job.cancel_reason if cancelled else message,
                )
            )
        return closed

    def end_jobs(self, jobs: Sequence[Job], outcome: str, reason: str | None = None) -> None:
        for job in jobs:
            del self.jobs[job.id]
            if job.cancel_requested_at is not None or outcome == "cancelled":
                why = job.cancel_reason if job.cancel_reason is not None else reason
                self.ended[job.id] = Ended(job=job, outcome="cancelled", error_message=why)
                continue
            last = next(one for one in reversed(self.attempts) if (one.job, one.token) == (job.id, job.token))
            self.ended[job.id] = Ended(
                job=job,
                outcome=outcome,
                error_class=last.error_class if last.error_class is not None else last.outcome.capitalize(),
                error_message=last.error_message,
            )
        self.make_room(jobs)

    def put_back(self, jobs: Sequence[Job], delays: Mapping[int, timedelta | None], because: str) -> None:
        """Let jobs whose attempt has just been closed wait for another, or end when their cancel was requested."""
        self.end_jobs([job for job in jobs if job.cancel_requested_at is not None], "cancelled")
        back = [job for job in jobs if job.cancel_requested_at is None]
        self._give_up_keys(back)
        for job in back:
            delay = delays.get(job.id)
            later = delay is not None and delay > timedelta(0)
            job.state = "scheduled" if later else "ready" if job.fair_key is None else "arriving"
            job.run_at = job.run_at if delay is None else self.now() + delay
            if because == "snoozed" or (because == "interrupted" and job.interruptions < FORGIVEN):
                job.attempt -= 1
            job.interruptions += because == "interrupted"
            job.crashes += because == "lost"
            job.token += 1
            job.worker = job.claimed_at = None
        self.wake(job.queue for job in back)
        self.admit_held((job.queue, job.fair_key) for job in back if job.state == "scheduled")

    def _give_up_keys(self, back: Sequence[Job]) -> None:
        """Of those that would wait under one key, one that waits already keeps it, or else the newest."""
        given_up = [
            job
            for job in back
            if job.unique_scope == "waiting"
            and job.unique_key is not None
            and (
                self.key_is_taken(job.kind, job.unique_key, "waiting") is not None
                or any(
                    other.id > job.id
                    and (other.kind, other.unique_key, other.unique_scope) == (job.kind, job.unique_key, "waiting")
                    for other in back
                )
            )
        ]
        for job in given_up:
            job.unique_scope = None


class Memory(Tables):
    """A database of the queue alone. The methods have the names and the arguments of the functions."""

    def register_worker(
        self,
        worker: UUID,
        service: str,
        replica: str,
        version: str,
        pid: int,
        queues: list[str],
        kinds: list[str],
        lease: timedelta,
        slots: list[int] | None = None,
    ) -> None:
        del service, replica, version, pid, slots
        self.workers[worker] = Worker(id=worker, queues=queues, kinds=kinds, lease_until=self.now() + lease)

    def renew_lease(self, worker: UUID, lease: timedelta) -> bool:
        if not self.lives(worker):
            return False
        self.workers[worker].lease_until = self.now() + lease
        return True

    def lives(self, worker: UUID) -> bool:
        row = self.workers.get(worker)
        return row is not None and row.lease_until is not None and row.lease_until > self.now()

    def retire_worker(self, worker: UUID) -> None:
        self.release(*_columns([(job, token) for job, token, _ in self._held(worker)]), "its worker retired")
        self.bury_worker(worker)

    def bury_worker(self, worker: UUID) -> int:
        if worker in self.workers:
            self.workers[worker].lease_until = None
        return self.rescue()

    def claim(
        self,
        worker: UUID,
        kinds: list[str],
        queues: list[str],
        free: list[int],
        after_priorities: Sequence[int | None] = (),
        after_ids: Sequence[int | None] = (),
    ) -> list[dict[str, object]]:
        # Refused before anything else, because the exception rolls the rest back.
        if not self.lives(worker):
            raise NoLease
        self.rescue()
        self.promote()
        self.admit()
        self.admit_held((job.queue, job.fair_key) for job in self.in_state("held"))
        wanted = {queue: slots for queue, slots in sorted(zip(queues, free, strict=True)) if slots > 0}
        alone = self._quarantine(worker, kinds, list(wanted))
        if alone is not None:
            taken = alone[: self._limited(alone[0].queue, 1) if alone else 0]
            return [self._take(job, worker) | {"priority": None} for job in taken]
        after = dict(zip(queues, zip(after_priorities, after_ids, strict=True), strict=False))
        return [
            self._take(job, worker)
            for queue, slots in wanted.items()
            if not self.is_paused(queue)
            for job in self._head(queue, kinds, slots, after.get(queue, (None, None)))
        ]

    def _quarantine(self, worker: UUID, kinds: list[str], queues: list[str]) -> list[Job] | None:
        """Return the job to run alone, no job while the worker is to take none, or None when it claims as usual."""
        if any(job.crashes >= QUARANTINED and job.worker == worker for job in self.in_state("running")):
            return []
        waiting = [
            job
            for job in self.in_state("ready")
            if job.crashes >= QUARANTINED
            and job.queue in queues
            and job.kind in kinds
            and not self.is_paused(job.queue)
        ]
        if not waiting:
            return None
        job = min(waiting, key=lambda job: job.order)
        running = list(self.in_state("running"))
        busy = Counter(one.worker for one in running)
        suspects = Counter(one.worker for one in running if one.crashes >= QUARANTINED)
        able = [
            one
            for one in self.workers.values()
            if self.lives(one.id) and job.queue in one.queues and job.kind in one.kinds
        ]
        if sum(suspects[one.id] for one in able) >= max(1, len(able) // 2):
            return None
        chosen = min(able, key=lambda one: (busy[one.id], self.rank(one.id)), default=None)
        if chosen is None or chosen.id != worker:
            return None
        return [] if busy[worker] else [job]

    def _take(self, job: Job, worker: UUID) -> dict[str, object]:
        job.state, job.worker, job.claimed_at = "running", worker, self.now()
        job.attempt += 1
        job.token += 1
        return self._claimed(job)

    def _limited(self, queue: str, free: int) -> int:
        if queue not in self.max_running:
            return free
        return max(0, min(free, self.max_running[queue] - sum(job.queue == queue for job in self.in_state("running"))))

    def _head(
        self, queue: str, kinds: list[str], free: int, after: tuple[int | None, int | None] = (None, None)
    ) -> list[Job]:
        ready = [
            job
            for job in self.in_state("ready")
            if job.queue == queue and job.kind in kinds and job.crashes < QUARANTINED
        ]
        priority, number = after
        start = (-32769 if priority is None else priority, 0 if number is None else number)
        return sorted(ready, key=lambda job: (job.order <= start, job.order))[: self._limited(queue, free)]

    def head_of(self, queue: str) -> list[Job]:
        """Return what anybody with a free slot could claim of *queue*."""
        due = [job for job in self.in_state("scheduled") if job.queue == queue and job.run_at <= self.now()]
        free = [job for job in due if job.fair_key is None and queue not in self.max_running]
        return [] if self.is_paused(queue) else self._head(queue, list(self.kinds), BATCH) + free

    def _claimed(self, job: Job) -> dict[str, object]:
        waited = self.now() - max(job.run_at, job.enqueued_at)
        columns = ("id", "token", "kind", "queue", "args", "attempt", "max_attempts")
        return {name: getattr(job, name) for name in columns} | {
            "traceparent": None,
            "waited_ms": round(waited.total_seconds() * 1000),
            "priority": job.priority,
        }

    def rescue(self) -> int:
        now = self.now()
        dead = [one for one in self.workers.values() if one.lease_until is None or one.lease_until <= now]
        dead = sorted(dead, key=lambda one: self.rank(one.id))[:DEAD_AT_ONCE]
        names = {one.id for one in dead}
        orphans = [job for job in self.in_state("running") if job.worker in names][:BATCH]
        lost = ("WorkerLost", "the worker died or lost touch while running this job")
        self.close_attempts([(job.id, job.token) for job in orphans], "lost", {job.id: lost for job in orphans})
        self.end_jobs([job for job in orphans if job.attempt >= job.max_attempts], "lost")
        self.put_back([job for job in orphans if job.id in self.jobs], {}, "lost")
        busy = {job.worker for job in self.in_state("running")}
        gone = [self.workers.pop(worker.id) for worker in dead if worker.id not in busy]
        if any(job.crashes >= QUARANTINED for job in self.in_state("ready")):
            self.wake(queue for worker in gone for queue in worker.queues)
        return len(orphans)

    def promote(self) -> int:
        due = [job for job in self.in_state("scheduled") if job.run_at <= self.now()]
        for job in sorted(due, key=lambda job: (job.run_at, job.id))[:BATCH]:
            job.state = "ready" if job.fair_key is None else "arriving"
            self.wake([job.queue])
        return len(due)

    def admit(self) -> None:
        arriving = sorted(self.in_state("arriving"), key=lambda job: job.id)[:BATCH]
        keys = {(job.queue, job.fair_key) for job in arriving if job.fair_key is not None}
        lined = {key for key in keys if self.line(*key)}
        room = {key: self.room(*key) for key in keys}
        place: Counter[tuple[str, str]] = Counter()
        for job in sorted(arriving, key=lambda job: job.order):
            if job.fair_key is None:
                job.state = "ready"
                continue
            key = (job.queue, job.fair_key)
            place[key] += 1
            beyond = room[key] is not None and place[key] > (room[key] or 0)
            job.state = "held" if key in lined or beyond else "ready"
        self.wake(job.queue for job in arriving if job.state == "ready")
        self.admit_held(sorted(lined))

    def finish(self, ids: list[int], tokens: list[int], results: list[str | None]) -> list[int]:
        done = []
        for job, token, result in zip(ids, tokens, results, strict=True):
            row = self.current(job, token)
            if row is not None:
                del self.jobs[job]
                self.ended[job] = Ended(job=row, outcome="done", result=result)
                done.append(row)
        self.make_room(done)
        return [job.id for job in done]

    def fail(
        self,
        ids: list[int],
        tokens: list[int],
        delays: list[timedelta | None],
        classes: list[str | None],
        messages: list[str | None],
        succeeded_kinds: Sequence[str] = (),
        successes: Sequence[int] = (),
    ) -> list[int]:
        del succeeded_kinds, successes
        errors = dict(zip(ids, zip(classes, messages, strict=True), strict=True))
        delay = dict(zip(ids, delays, strict=True))
        closed = self.close_attempts(_keys(ids, tokens), "failed", errors)
        ending = [job for job in closed if delay[job.id] is None or job.attempt >= job.max_attempts]
        again = [job for job in closed if delay[job.id] is not None and job.attempt < job.max_attempts]
        self.end_jobs(ending, "failed")
        self.put_back(again, delay, "failed")
        return [job.id for job in closed]

    def snooze(self, ids: list[int], tokens: list[int], delays: list[timedelta], reasons: list[str]) -> list[int]:
        errors = {job: (None, reason) for job, reason in zip(ids, reasons, strict=True)}
        closed = self.close_attempts(_keys(ids, tokens), "snoozed", errors)
        self.put_back(closed, dict(zip(ids, delays, strict=True)), "snoozed")
        return [job.id for job in closed]

    def release(self, ids: list[int], tokens: list[int], reason: str) -> list[int]:
        closed = self.close_attempts(_keys(ids, tokens), "interrupted", dict.fromkeys(ids, (None, reason)))
        ending = [job for job in closed if job.interruptions >= FORGIVEN and job.attempt >= job.max_attempts]
        self.end_jobs(ending, "lost")
        self.put_back([job for job in closed if job.id in self.jobs], {}, "interrupted")
        return [job.id for job in closed]

    @staticmethod
    def locked(_ids: list[int]) -> list[int]:
        """Nobody holds anything here for longer than a call."""
        return []

    def held_by(self, worker: UUID) -> list[dict[str, object]]:
        return [dict(zip(("id", "token", "cancel_requested"), held, strict=True)) for held in self._held(worker)]

    def _held(self, worker: UUID) -> list[tuple[int, int, bool]]:
        held = [job for job in self.in_state("running") if job.worker == worker]
        return sorted((job.id, job.token, job.cancel_requested_at is not None) for job in held)

    def next_due(self, worker: UUID | None = None) -> float | None:
        now = self.now()
        ahead = [now for _ in self.in_state("arriving")]
        ahead += [job.run_at for job in self.in_state("scheduled")]
        ends = [pause.resume_at for pause in self.pauses.values() if pause.resume_at is not None]
        ahead += [end for end in ends if end > now]
        # A worker may have looked just before the end of the pause.
        ahead += [end + timedelta(seconds=1) for end in ends if now - timedelta(seconds=1) < end <= now]
        if worker is not None:
            others = [other for other in self.workers.values() if other.id != worker]
            ahead += [now if other.lease_until is None else other.lease_until for other in others]
        if not ahead:
            return None
        return min(max(0.0, (min(ahead) - now).total_seconds()), timedelta(days=1).total_seconds())

    def report_progress(self, job: int, token: int, progress: str) -> bool:
        del progress
        return self.current(job, token) is not None


def _keys(ids: Sequence[int], tokens: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(ids, tokens, strict=True))


def _columns(keys: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [job for job, _ in keys], [token for _, token in keys]
