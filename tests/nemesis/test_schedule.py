"""The schedule of benchmarks/nemesis is a function of its seed, and leaves no kind of fault out."""

from itertools import islice

from benchmarks.nemesis.schedule import TO_WORKERS, Fault, faults, hands


def first_faults(seed: int, count: int = 40) -> list[Fault]:
    return list(islice(faults(seed, "w1", ["kill", "freeze"], TO_WORKERS, pace=1.0), count))


def test_a_seed_gives_the_same_schedule_again_and_another_seed_another_one() -> None:
    assert first_faults(7) == first_faults(7)
    assert first_faults(7) != first_faults(8)


def test_a_worker_meets_its_own_hand_and_then_each_kind_in_every_round() -> None:
    kinds = [fault.kind for fault in first_faults(7)]

    assert kinds[:2] == ["kill", "freeze"]
    assert sorted(kinds[2 : 2 + len(TO_WORKERS)]) == sorted(TO_WORKERS)


def test_the_workers_meet_every_kind_between_them_before_anybody_meets_one_again() -> None:
    dealt = hands(7, 3, TO_WORKERS)

    assert sorted(kind for hand in dealt for kind in hand) == sorted(TO_WORKERS)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1
