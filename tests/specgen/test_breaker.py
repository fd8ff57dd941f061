"""When a provider is left alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.openai.breaker import Breaker, BreakerRules

REST = timedelta(seconds=30)
RULES = BreakerRules(failures=3, rest=REST, longest_rest=4 * REST, trial=timedelta(seconds=100))


def opened() -> Breaker:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.failed(0)
    return breaker


def test_failures_on_end_open_it() -> None:
    breaker = Breaker(RULES)
    breaker.failed(0)
    breaker.failed(0)
    assert breaker.wait(0) is None
    breaker.failed(0)

    assert breaker.wait(10) == timedelta(seconds=20)


def test_failures_with_an_answer_in_between_do_not() -> None:
    breaker = Breaker(RULES)
    for _ in range(10):
        breaker.failed(0)
        breaker.failed(0)
        breaker.answered()

    assert breaker.wait(0) is None


def test_after_its_rest_one_goes_first_and_the_others_wait() -> None:
    breaker = opened()

    assert breaker.wait(30) is None
    assert breaker.wait(30) == RULES.trial


def test_an_answer_to_the_first_lets_everybody_through() -> None:
    breaker = opened()
    breaker.wait(30)

    breaker.answered()

    assert [breaker.wait(31), breaker.wait(31)] == [None, None]


def test_each_failure_of_the_first_doubles_the_rest_up_to_its_longest() -> None:
    breaker, now, rests = opened(), 30.0, []
    for _ in range(5):
        assert breaker.wait(now) is None
        breaker.failed(now)
        rests.append(breaker.wait(now))
        now += 1_000

    assert rests == [2 * REST, 4 * REST, 4 * REST, 4 * REST, 4 * REST]


def test_what_was_under_way_and_fails_while_it_rests_changes_nothing() -> None:
    breaker = opened()
    breaker.failed(20)

    assert breaker.wait(30) is None


def test_a_first_one_that_is_never_heard_of_again_keeps_nobody_for_ever() -> None:
    breaker = opened()
    breaker.wait(30)

    assert breaker.wait(130) is None


@given(st.lists(st.sampled_from(["ask", "failed", "answered", "later"]), max_size=60))
def test_whatever_happens_somebody_may_ask_again_in_the_end(events: list[str]) -> None:
    breaker, now = Breaker(RULES), 0.0
    for event in events:
        match event:
            case "ask":
                breaker.wait(now)
            case "failed":
                breaker.failed(now)
            case "answered":
                breaker.answered()
            case _:
                now += 7

    wait = breaker.wait(now)

    assert wait is None or (
        wait <= max(RULES.longest_rest, RULES.trial) and breaker.wait(now + wait.total_seconds()) is None
    )
