"""A claimed job as it comes out of the database: nothing in it can fail to decode."""

import msgspec


class Claimed(msgspec.Struct, frozen=True):
    """One claim: (id, token) names it in every later write; *args* is JSON text, decoded under a guard.

    *priority* is None for a job that was taken out of the order of the others.
    """

    id: int
    token: int
    kind: str
    queue: str
    args: str
    attempt: int
    max_attempts: int
    traceparent: str | None
    waited_ms: int
    priority: int | None = None

    @property
    def key(self) -> tuple[int, int]:
        return (self.id, self.token)

    def facts(self) -> dict[str, object]:
        """What a log line says about the job."""
        return {"job": self.id, "kind": self.kind, "attempt": self.attempt, "trace_id": self.trace_id}

    @property
    def trace_id(self) -> str:
        return self.traceparent.split("-")[1] if self.traceparent else ""
