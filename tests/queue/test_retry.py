"""How long to wait after a failure, and after which one not to try again."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import AnalysisError, InvalidRepository, RepositoryUnavailable, TimeLimitExceeded
from fleet.queue.retry import Backoff, Exceptions, backoff_for

DELAYS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36_500))
ATTEMPTS = st.integers(1, 1_000_000)


class _Most(Random):
    """Always the longest delay that may come out."""

    def random(self) -> float:
        return 1.0


@given(DELAYS, DELAYS, ATTEMPTS, st.randoms(use_true_random=False))
def test_a_delay_is_never_negative_and_never_above_the_cap(
    first: timedelta, cap: timedelta, attempt: int, random: Random
) -> None:
    delay = Backoff(first, cap).delay(attempt, random)

    assert timedelta(0) <= delay <= cap


@given(DELAYS, DELAYS, ATTEMPTS)
def test_more_failures_never_wait_less(first: timedelta, cap: timedelta, attempt: int) -> None:
    backoff = Backoff(first, cap)

    assert backoff.delay(attempt, _Most()) <= backoff.delay(attempt + 1, _Most())


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 10), (3, 20), (9, 1280), (10, 1800), (1_000_000, 1800)])
def test_the_longest_delay_doubles_up_to_the_cap(attempt: int, seconds: int) -> None:
    backoff = Backoff(first=timedelta(seconds=5), cap=timedelta(minutes=30))

    assert backoff.delay(attempt, _Most()) == timedelta(seconds=seconds)


def test_the_jitter_covers_the_whole_delay() -> None:
    backoff = Backoff(first=timedelta(seconds=10), cap=timedelta(hours=1))
    random = Random(7)

    delays = [backoff.delay(1, random).total_seconds() for _ in range(1000)]

    assert min(delays) < 0.5
    assert max(delays) > 9.5
    assert 4.5 < sum(delays) / len(delays) < 5.5


USUAL = Backoff(first=timedelta(seconds=1))
SLOW = Backoff(first=timedelta(hours=1))
QUICK = Backoff(first=timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("error", "exceptions", "expected"),
    [
        (ConnectionResetError(), {}, USUAL),
        (ConnectionResetError(), {ConnectionResetError: SLOW}, SLOW),
        (ConnectionResetError(), {OSError: SLOW, KeyError: None}, SLOW),
        (ConnectionResetError(), {OSError: None, ConnectionError: SLOW, Exception: None}, SLOW),
        (ConnectionResetError(), {"builtins.ConnectionError": None, OSError: SLOW}, None),
        (ConnectionResetError(), {"ConnectionError": None}, USUAL),
        (KeyError(), {LookupError: None}, None),
        (TimeLimitExceeded("too long"), {TimeoutError: None}, USUAL),
        (TimeLimitExceeded("too long"), {TimeLimitExceeded: None}, None),
        (TimeLimitExceeded("too long"), {Exception: SLOW}, SLOW),
        (RepositoryUnavailable("down"), {AnalysisError: SLOW}, SLOW),
        (InvalidRepository("no address"), {}, None),
        (InvalidRepository("no address"), {AnalysisError: QUICK, Exception: QUICK}, None),
        (InvalidRepository("no address"), {InvalidRepository: QUICK}, QUICK),
        (InvalidRepository("no address"), {"fleet.errors.InvalidRepository": QUICK}, QUICK),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_the_most_specific_class_that_says_anything_decides(
    error: Exception, exceptions: Exceptions, expected: Backoff | None
) -> None:
    assert backoff_for(error, exceptions, USUAL) == expected
