"""What people and producers call: the rest of the queue in memory."""

from collections.abc import Sequence
from datetime import timedelta

from tests.simulation.memory import CANCEL, Memory
from tests.simulation.rows import Job, Kind, Pause

Change = tuple[int, str | None, str | None]


class Database(Memory):
    """The queue in memory, whole."""

    def declare_kind(self, kind: Kind) -> None:
        self.kinds[kind.kind] = kind

    def enqueue(
        self,
        kind: str,
        *,
        args: str = "{}",
        delay: timedelta | None = None,
        priority: int = 0,
        max_attempts: int | None = None,
        unique_key: str | None = None,
        fair_key: str | None = None,
    ) -> tuple[int, bool]:
        known, now = self.kinds[kind], self.now()
        # A number is used up whether or not the job goes in, as from a sequence.
        self.last_id += 1
        taken = self.key_is_taken(kind, unique_key, known.unique_scope)
        if taken is not None:
            return taken, False
        later = delay is not None and delay > timedelta(0)
        self.jobs[self.last_id] = Job(
            id=self.last_id,
            kind=kind,
            queue=known.queue,
            state="scheduled" if later else "ready" if fair_key is None else "arriving",
            priority=priority,
            args=args,
            max_attempts=known.max_attempts if max_attempts is None else max_attempts,
            unique_key=unique_key,
            unique_scope=known.unique_scope,
            fair_key=fair_key,
            enqueued_at=now,
            run_at=now if delay is None else now + delay,
        )
        self.wake([known.queue])
        return self.last_id, True

    def cancel(self, ids: Sequence[int], reason: str | None = None) -> list[Change]:
        was = self._lock(ids)
        live = [self.jobs[job] for job in was if job in self.jobs]
        self.end_jobs([job for job in live if job.worker is None], "cancelled", reason)
        for job in live:
            if job.worker is not None and job.cancel_requested_at is None:
                job.cancel_requested_at, job.cancel_reason = self.now(), reason
                self.outbox[CANCEL, str(job.worker)] = None
        return self._changes(was)

    def retry(self, ids: Sequence[int]) -> list[Change]:
        was = self._lock(ids)
        for job, state in was.items():
            if state in {"failed", "cancelled", "lost"}:
                self._bring_back(job)
            elif state == "scheduled":
                row = self.jobs[job]
                row.state = "ready" if row.fair_key is None else "arriving"
                row.run_at = self.now()
                self.wake([row.queue])
        return self._changes(was)

    def _bring_back(self, job: int) -> None:
        old = self.ended[job].job
        scope = self.kinds[old.kind].unique_scope if old.unique_key is not None else None
        if self.key_is_taken(old.kind, old.unique_key, scope) is not None:
            return
        tokens = [one.token for one in self.attempts if one.job == job]
        self.jobs[job] = Job(
            id=job,
            kind=old.kind,
            queue=old.queue,
            state="ready" if old.fair_key is None else "arriving",
            priority=old.priority,
            args=old.args,
            max_attempts=old.max_attempts,
            token=1 + max(old.token, *tokens, 0),
            unique_key=old.unique_key,
            unique_scope=scope,
            fair_key=old.fair_key,
            enqueued_at=old.enqueued_at,
            run_at=self.now(),
        )
        del self.ended[job]
        self.wake([old.queue])

    def pause(self, queue: str, lasting: timedelta | None = None) -> tuple[str, str, str]:
        was = "paused" if self.is_paused(queue) else "open"
        self.pauses[queue] = Pause(None if lasting is None else self.now() + lasting)
        self.wake([queue])
        return queue, was, "paused"

    def resume(self, queue: str) -> tuple[str, str, str]:
        was = "paused" if self.is_paused(queue) else "open"
        self.pauses.pop(queue, None)
        self.wake([queue])
        return queue, was, "open"

    def limit_keys(self, queue: str, max_active: int) -> None:
        self.max_active[queue] = max_active
        self.wake([queue])

    def limit_queue(self, queue: str, max_running: int | None) -> None:
        self.max_running.pop(queue, None)
        if max_running is not None:
            self.max_running[queue] = max_running
        self.wake([queue])

    def _lock(self, ids: Sequence[int]) -> dict[int, str | None]:
        """Return the state of each job; a claim that passed over the ready ones meanwhile must look again."""
        was = {job: self.state_of(job) for job in sorted(set(ids))}
        self.wake(self.jobs[job].queue for job, state in was.items() if state == "ready")
        return was

    def _changes(self, was: dict[int, str | None]) -> list[Change]:
        return [(job, state, self.state_of(job)) for job, state in was.items()]
