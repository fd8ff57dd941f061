"""What a shift tells of its work where somebody wants to know; where nobody does, it has none of this."""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from uuid import UUID

import anyio

from fleet.queue.claim import Claimed
from fleet.queue.finisher import Finisher
from fleet.queue.lease import Trust
from fleet.queue.ledger import Ledger, Running
from fleet.queue.outcome import Done, Failed, Finished, Outcome
from fleet.queue.wake import Alarm
from fleet.telemetry import SPAN, Slots, Tracer

_SUCCESSES = (Done, Finished)


class AtWork:
    """The worker of one shift, as whoever asks for its health sees it."""

    def __init__(self, worker: UUID, *, trust: Trust, ledger: Ledger, alarm: Alarm, finisher: Finisher) -> None:
        self.worker = str(worker)
        self.lease_seconds = trust.lease.length.total_seconds()
        self._trust = trust
        self._ledger = ledger
        self._alarm = alarm
        self._finisher = finisher

    def trusts_for(self) -> float:
        return self._trust.seconds_left()

    def heard_ago(self) -> float | None:
        return anyio.current_time() - self._alarm.heard_at if self._alarm.listening else None

    def slots(self) -> Mapping[str, Slots]:
        return self._ledger.slots()

    def is_clogged(self) -> bool:
        return self._ledger.is_clogged()

    def unwritten(self) -> int:
        return len(self._finisher)


def name_of(outcome: Outcome, claimed: Claimed, *, accepted: bool) -> str:
    """Return how an attempt ended, in the words of the counts: a failure that is tried again is *retried*."""
    if not accepted:
        return "lost"
    if isinstance(outcome, _SUCCESSES):
        return "done"
    if isinstance(outcome, Failed) and outcome.delay is not None and claimed.attempt < claimed.max_attempts:
        return "retried"
    return type(outcome).__name__.lower()


def traced(
    tracer: Tracer, worker: UUID, attempt: Callable[[Running], Awaitable[Outcome]]
) -> Callable[[Running], Awaitable[Outcome]]:
    """Return *attempt* with a span around it, a part of the trace that the job was enqueued in; see end_span."""

    async def attempt_traced(running: Running) -> Outcome:
        claimed = running.claimed
        running.span = tracer.begin(
            f"process {claimed.queue}",
            "consumer",
            parent=claimed.traceparent,
            span_id=span_id(claimed, claimed.token),
            # A claim that ends unfinished raises the token, as does the next claim.
            follows=span_id(claimed, claimed.token - 2) if claimed.token > 2 else None,  # noqa: PLR2004  # said above
            facts={
                "messaging.system": "fleet",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.destination.name": claimed.queue,
                "messaging.message.id": str(claimed.id),
                "messaging.client.id": str(worker),
                "fleet.job.kind": claimed.kind,
                "fleet.job.attempt": claimed.attempt,
                "fleet.job.wait_seconds": claimed.waited_ms / 1000,
            },
        )
        before = SPAN.set(running.span)
        try:
            return await attempt(running)
        finally:
            SPAN.reset(before)

    return attempt_traced


def end_span(running: Running, outcome: Outcome, name: str) -> None:
    """End the span of an attempt, whose end is durable by now or will never be."""
    if running.span is not None:
        error = outcome.error_class if isinstance(outcome, Failed) else None
        running.span.end({"fleet.job.outcome": name}, error)


def span_id(claimed: Claimed, token: int) -> int:
    """Return the name of the span of a claim: known to whoever claims next, without being stored anywhere."""
    seed = f"{claimed.traceparent} {claimed.id} {token}".encode()
    return int.from_bytes(blake2b(seed, digest_size=8).digest(), "big") or 1
