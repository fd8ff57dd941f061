"""When a provider is left alone because it fails. Pure: the time is an argument."""

from datetime import timedelta

import msgspec


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """After so many *failures* on end nobody asks for a *rest*, which doubles with each trial that fails."""

    failures: int = 4
    rest: timedelta = timedelta(seconds=30)
    longest_rest: timedelta = timedelta(minutes=10)
    # No request lasts longer: whoever went first and was never heard of again keeps nobody waiting beyond it.
    trial: timedelta = timedelta(minutes=5)


class Breaker:
    """Counts what the provider did wrong, and nothing else: not its patience, not a caller who gave up.

    Open, it lets nobody through until its rest is over; then one request goes first, and what becomes of that decides.
    """

    def __init__(self, rules: BreakerRules) -> None:
        self._rules = rules
        self._failures = 0
        self._rests = 0
        self._shut_until: float | None = None
        self._on_trial = False

    def wait(self, now: float) -> timedelta | None:
        """Return how long not to ask; None lets the caller through, who may be the one that goes first."""
        if self._shut_until is None:
            return None
        if now < self._shut_until:
            return timedelta(seconds=self._shut_until - now)
        self._on_trial = True
        self._shut_until = now + self._rules.trial.total_seconds()
        return None

    def answered(self) -> None:
        self._failures = self._rests = 0
        self._shut_until = None
        self._on_trial = False

    def failed(self, now: float) -> None:
        self._failures += 1
        was_closed = self._shut_until is None
        # What was under way when it opened, and fails while it rests, says nothing new.
        if self._on_trial or (was_closed and self._failures >= self._rules.failures):
            rest = self._rules.rest.total_seconds() * 2.0 ** min(self._rests, 16)
            self._rests += 1
            self._on_trial = False
            self._shut_until = now + min(rest, self._rules.longest_rest.total_seconds())
