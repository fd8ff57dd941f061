"""Attempt → delay. Pure."""

from datetime import timedelta
from random import Random

import msgspec


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
