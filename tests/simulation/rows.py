"""The rows of the queue's tables, as far as a simulation needs their columns."""

from datetime import datetime
from uuid import UUID

import msgspec


class Job(msgspec.Struct, kw_only=True):
    """A live job: a row of fleet.job."""

    id: int
    kind: str
    queue: str
    state: str
    priority: int
    args: str
    attempt: int = 0
    max_attempts: int = 3
    interruptions: int = 0
    crashes: int = 0
    token: int = 0
    unique_key: str | None = None
    unique_scope: str | None = "active"
    fair_key: str | None = None
    worker: UUID | None = None
    enqueued_at: datetime
    run_at: datetime
    claimed_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    cancel_reason: str | None = None

    @property
    def order(self) -> tuple[int, int]:
        return self.priority, self.id


class Ended(msgspec.Struct, kw_only=True):
    """A finished job: a row of fleet.job_history."""

    job: Job
    outcome: str
    result: str | None = None
    error_class: str | None = None
    error_message: str | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that did not succeed: a row of fleet.attempt."""

    job: int
    token: int
    attempt: int
    outcome: str
    error_class: str | None
    error_message: str | None


class Worker(msgspec.Struct, kw_only=True):
    """A worker's row; *lease_until* None is minus infinity."""

    id: UUID
    queues: list[str]
    kinds: list[str]
    lease_until: datetime | None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What a job of a kind is by default."""

    kind: str
    queue: str
    max_attempts: int = 3
    unique_scope: str = "active"


class Pause(msgspec.Struct, frozen=True):
    """A pause of a queue; without an end, until somebody resumes it."""

    resume_at: datetime | None
