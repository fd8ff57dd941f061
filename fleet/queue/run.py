"""One job: decode, limit, call, name the outcome."""

from datetime import timedelta
from random import Random
from typing import Any

import anyio
import structlog

from fleet.errors import FleetError, Interruption, LeaseLost, Retry, Snooze, TimeLimitExceeded
from fleet.queue.claim import Claimed
from fleet.queue.clean import clean, describe, trace
from fleet.queue.context import Context
from fleet.queue.job import Policy
from fleet.queue.ledger import Running
from fleet.queue.outcome import Cancelled, Done, Failed, Finished, Interrupted, Lost, Outcome, Snoozed
from fleet.queue.registry import Registration
from fleet.queue.retry import backoff_for
from fleet.queue.store import encode


async def run(running: Running, registration: Registration[Any], context: Context, random: Random) -> Outcome:
    """Run one claimed job to its outcome, within a scope and a time limit of its own."""
    deadline = anyio.current_time() + registration.job.policy.time_limit.total_seconds()
    with anyio.CancelScope(deadline=deadline) as scope:
        running.enter(scope, deadline)
        return await attempt(running, registration, context, random)
    return cut_short(running, registration.job.policy, context.attempt, random)


async def attempt(running: Running, registration: Registration[Any], context: Context, random: Random) -> Outcome:
    """Run one claimed job to its outcome; of all that a handler can raise, only its cancellation gets out."""
    if running.is_stopped():
        return _stopped(running)
    policy = registration.job.policy
    try:
        job = registration.decode(running.claimed.args)
        result = await registration.handler(job, context)
        return Finished() if context.finished else Done(None if result is None else encode(result))
    except BaseException as error:
        # The one broad except of the program. A handler's SystemExit or stray CancelledError is that job's failure; a
        # cancellation of its scope or of this whole task is not, and passes on.
        if isinstance(error, anyio.get_cancelled_exc_class()) and _is_cancelled():
            raise
        if running.is_stopped():
            return _stopped(running)
        return _failed(_innermost(error), policy, context.attempt, random)


def cut_short(running: Running, policy: Policy, attempts: int, random: Random) -> Outcome:
    """Return the end of an attempt whose scope was cancelled: from outside, or by its time limit."""
    if running.is_stopped():
        return _stopped(running)
    overrun = TimeLimitExceeded("the handler ran longer than its limit", seconds=policy.time_limit.total_seconds())
    return _failed(overrun, policy, attempts, random)


def overstayed(claimed: Claimed, policy: Policy, random: Random) -> Failed:
    """Return the end of an attempt whose handler goes on beyond its limit, though it was cancelled."""
    error = TimeLimitExceeded(
        "the handler ran longer than its limit and ignores its cancellation", seconds=policy.time_limit.total_seconds()
    )
    return Failed(type(error).__name__, describe(error), _delay(error, policy, claimed.attempt, random))


def _is_cancelled() -> bool:
    return anyio.current_effective_deadline() == float("-inf")


def _stopped(running: Running) -> Outcome:
    if running.lost:
        return Lost()
    return Cancelled() if running.cancelled else Interrupted()


def _innermost(error: BaseException) -> BaseException:
    """Look through task groups: a handler's own error comes out of each wrapped in a group of one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _failed(error: BaseException, policy: Policy, attempts: int, random: Random) -> Outcome:
    if isinstance(error, LeaseLost):
        return Lost()
    if isinstance(error, Snooze):
        return Snoozed(error.after, clean(describe(error)))
    if not isinstance(error, FleetError):
        # Not exc_info: the text of an exception may be a secret, megabytes long, or no text that can be written.
        structlog.get_logger().warning("job.raised", error=type(error).__name__, exception=trace(error))
    return Failed(type(error).__name__, describe(error), _delay(error, policy, attempts, random))


def _delay(error: BaseException, policy: Policy, attempt: int, random: Random) -> timedelta | None:
    if isinstance(error, Retry) and error.after is not None:
        return error.after
    # What a handler asks for by name is not up to a table of errors: that one is about what befell it.
    exceptions = {} if isinstance(error, Interruption) else policy.exceptions
    backoff = backoff_for(error, exceptions, policy.backoff)
    return None if backoff is None else backoff.delay(attempt, random)
