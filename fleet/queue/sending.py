"""The span of an enqueue: what the attempts of its jobs are a part of, in whichever process they run."""

from fleet.telemetry import Fact, span


def sending(queue: str, kind: str, traceparent: str | None, *, count: int | None = None) -> span:
    """Surround an enqueue of *count* jobs, or of one: a part of *traceparent*, or else of what the caller is in.

    The job's row gets this span for a parent, where there is one; where no spans are sent, it gets what it was given.
    """
    facts: dict[str, Fact] = {
        "messaging.system": "fleet",
        "messaging.operation.name": "enqueue",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
        "fleet.job.kind": kind,
    }
    if count is not None:
        facts["messaging.batch.message_count"] = count
    return span(f"send {queue}", "producer", parent=traceparent, facts=facts)
