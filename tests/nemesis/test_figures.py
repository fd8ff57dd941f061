"""The figures of docs/guarantees.md: how they are judged, and those that are quick enough to be taken here."""

from datetime import timedelta

import pytest

from benchmarks.nemesis.figure import Figure, quantiles
from benchmarks.nemesis.poison import poison
from benchmarks.nemesis.random_rows import random_rows
from benchmarks.nemesis.stop import stop


def test_a_figure_is_met_when_all_that_has_a_goal_is_within_it() -> None:
    assert Figure(name="f", count=1, measured={"p99": 2.0, "max": 9.0}, goal={"p99": 2.0}).met
    assert not Figure(name="f", count=1, measured={"p99": 2.1}, goal={"p99": 2.0}).met


def test_what_was_not_measured_or_was_violated_is_not_met() -> None:
    assert not Figure(name="f", count=0, measured={}, goal={"p99": 2.0}).met
    assert not Figure(name="f", count=1, measured={"p99": 1.0}, goal={"p99": 2.0}, violations=["lost"]).met


def test_the_slowest_hundredth_is_the_slowest_of_a_few() -> None:
    assert quantiles([]) == {}
    assert quantiles([3.0, 1.0, 2.0]) == {"p50": 2.0, "p99": 3.0, "max": 3.0}
    assert quantiles(list(map(float, range(1000))))["p99"] == 990.0


@pytest.mark.timeout(120)
async def test_a_worker_that_has_no_time_to_stop_leaves_its_job_to_another() -> None:
    figure = await stop(1, timedelta(0), 1)

    assert (figure.count, figure.violations) == (1, [])
    assert figure.met, figure


@pytest.mark.timeout(120)
async def test_an_error_that_cannot_be_stored_delays_no_other_job() -> None:
    figure = await poison(600)

    assert figure.met, figure


@pytest.mark.timeout(120)
async def test_rows_that_make_no_sense_delay_no_job_that_does() -> None:
    figure = await random_rows(1000, 7)

    assert figure.met, figure
    assert figure.measured["stored"] > 50
