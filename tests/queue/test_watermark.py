"""Where a worker looks on in a backlog, and when it looks from the start again."""

from fleet.queue.claim import Claimed
from fleet.queue.watermark import FROM_THE_START, MANY, SHARE, Watermarks

MOMENT = FROM_THE_START.total_seconds()
SLOTS = {"notes": MANY, "pages": MANY, "few": MANY - 1}


def job(number: int, *, queue: str = "notes", priority: int | None = 0) -> Claimed:
    return Claimed(number, 1, "note", queue, "{}", 1, 3, None, 0, priority)


def jobs(first: int, *, count: int = MANY, queue: str = "notes", priority: int | None = 0) -> list[Claimed]:
    return [job(number, queue=queue, priority=priority) for number in range(first, first + count)]


def test_a_claim_that_gave_all_it_was_asked_for_is_followed_from_where_it_got_to() -> None:
    watermarks = Watermarks(SLOTS)

    watermarks.note({"notes": MANY, "pages": MANY}, [*jobs(1), *jobs(500, queue="pages", count=3)], 0.0, 0.0)

    assert watermarks.after({"notes": MANY, "pages": MANY}, 0.0) == {"notes": (0, MANY)}


def test_the_next_ones_lead_further() -> None:
    watermarks = Watermarks(SLOTS)
    watermarks.note({"notes": MANY}, jobs(1), 0.0, 0.0)

    watermarks.note({"notes": MANY}, jobs(100, priority=1), 0.0, 0.0)

    assert watermarks.after({"notes": MANY}, 0.0) == {"notes": (1, 99 + MANY)}


def test_a_queue_without_a_free_slot_keeps_its_place() -> None:
    watermarks = Watermarks(SLOTS)
    watermarks.note({"notes": MANY}, jobs(1), 0.0, 0.0)

    assert watermarks.after({"pages": MANY}, 0.0) == {}
    assert watermarks.after({"notes": MANY}, 0.0) == {"notes": (0, MANY)}


def test_soon_the_queue_is_looked_at_from_its_start_again() -> None:
    watermarks = Watermarks(SLOTS)
    watermarks.note({"notes": MANY}, jobs(1), 0.0, 0.0)
    watermarks.note({"notes": MANY}, jobs(100), MOMENT / 2, MOMENT / 2)

    assert watermarks.after({"notes": MANY}, MOMENT * 0.99)
    assert not watermarks.after({"notes": MANY}, MOMENT)


def test_where_a_look_from_the_start_is_slow_it_is_taken_less_often() -> None:
    watermarks = Watermarks(SLOTS)
    watermarks.note({"notes": MANY}, jobs(1), 0.0, 1.0)

    assert watermarks.after({"notes": MANY}, 0.99 + SHARE)
    assert not watermarks.after({"notes": MANY}, 1.0 + SHARE)


def test_a_queue_with_few_slots_is_always_looked_at_from_its_start() -> None:
    watermarks = Watermarks(SLOTS)

    watermarks.note({"few": 2}, jobs(1, count=2, queue="few"), 0.0, 0.0)

    assert not watermarks.after({"few": 2}, 0.0)


def test_a_claim_that_came_short_has_been_to_the_end() -> None:
    watermarks = Watermarks(SLOTS)
    watermarks.note({"notes": MANY}, jobs(1), 0.0, 0.0)

    watermarks.note({"notes": MANY}, jobs(100, count=MANY - 1), 0.0, 0.0)

    assert not watermarks.after({"notes": MANY}, 0.0)


def test_a_claim_that_went_back_to_the_start_has_left_something_out() -> None:
    watermarks = Watermarks(SLOTS)
    watermarks.note({"notes": MANY}, jobs(1000), 0.0, 0.0)

    watermarks.note({"notes": MANY}, [*jobs(2000, count=MANY - 1), job(7)], 0.0, 0.0)

    assert not watermarks.after({"notes": MANY}, 0.0)


def test_what_was_taken_out_of_its_order_leads_nowhere() -> None:
    watermarks = Watermarks(SLOTS)
    watermarks.note({"notes": MANY}, jobs(1), 0.0, 0.0)
    watermarks.note({"notes": MANY}, jobs(7000, priority=None), 0.0, 0.0)
    watermarks.note({"notes": MANY}, [*jobs(100, count=MANY - 1), job(8000, priority=None)], 0.0, 0.0)

    assert watermarks.after({"notes": MANY}, 0.0) == {"notes": (0, 98 + MANY)}


def test_of_jobs_out_of_their_order_alone_nothing_is_known() -> None:
    watermarks = Watermarks(SLOTS)

    watermarks.note({"notes": MANY}, jobs(7000, priority=None), 0.0, 0.0)

    assert not watermarks.after({"notes": MANY}, 0.0)
