"""The time of the phases."""

from fleet.analysis.phases import Phases


def test_the_clock_of_a_phase_stands_while_another_one_is_inside_it() -> None:
    seconds = iter([0.0, 1.0, 3.0, 7.0, 20.0, 21.0])
    phases = Phases(clock=lambda: next(seconds))

    with phases.phase("parse"), phases.phase("store"):
        pass
    with phases.phase("parse"):
        pass

    assert phases.seconds == {"parse": 1.0 + 4.0 + 1.0, "store": 2.0}
