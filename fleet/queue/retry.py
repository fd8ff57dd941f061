"""Attempt and error → delay. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random

import msgspec

from fleet.errors import FleetError


class Backoff(msgspec.Struct, frozen=True):
    """Exponential with full jitter: up to *first*, then twice that, and so on, never above *cap*."""

    first: timedelta = timedelta(seconds=5)
    cap: timedelta = timedelta(minutes=30)

    def delay(self, attempt: int, random: Random) -> timedelta:
        """Return how long to wait after the *attempt*-th failure, counting from 1."""
        # The exponent is bounded before it is used: 2 ** 1_000_000 is a number nobody waits for. In seconds, because
        # the product is beyond a timedelta before the cap is applied to it.
        doublings = 2.0 ** min(attempt - 1, 32)
        ceiling = min(self.cap.total_seconds(), self.first.total_seconds() * doublings)
        return timedelta(seconds=ceiling * random.random())


class RetryBudget(msgspec.Struct, frozen=True, kw_only=True):
    """What pays for the retries of a kind, over the whole fleet: each success for a *share* of one, and time for some.

    A kind that fails now and then never notices. When nearly everything of it fails, what is not paid for waits.
    """

    share: float = 0.2
    per_minute: int = 60


# By class, or by "module.Class" where importing the class would bring the handler's code along. None: never again.
Exceptions = Mapping[type[BaseException] | str, Backoff | None]


def backoff_for(error: BaseException, exceptions: Exceptions, otherwise: Backoff) -> Backoff | None:
    """Return what the most specific class of *error* that says anything says, or *otherwise*.

    A class speaks by its place in *exceptions*, or by declaring that it is not retryable; the former has precedence.
    """
    final = isinstance(error, FleetError) and not error.retryable
    for kind in type(error).__mro__:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if kind in exceptions or name in exceptions:
            return exceptions[kind if kind in exceptions else name]
        if final and "retryable" in vars(kind):
            return None
    return otherwise
