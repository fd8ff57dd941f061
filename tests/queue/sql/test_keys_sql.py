"""Of each fair key at most so many jobs are ready or running; the others are held, and none for ever."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID

import anyio
import pytest

from fleet.db import Connection, Row, ServerError
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.listener import Listener
from tests.queue.sql.session import LEASE, NOON, Queue, open_queue

MINUTE = timedelta(minutes=1)


async def states(queue: Queue) -> str:
    """The states of the live jobs in the order of their ids, by their first letters; running is U."""
    letter = {"ready": "r", "held": "h", "arriving": "a", "scheduled": "s", "running": "U"}
    rows = await queue.connection.fetch("select state::text from fleet.job order by id")
    return "".join(letter[row["state"]] for row in rows)


async def admit(queue: Queue) -> None:
    await queue.connection.execute("select fleet.admit()")


async def limit(connection: Connection, most: int | None, tier: str = "default") -> None:
    await connection.execute("select fleet.limit_keys('notes', $1, tier => $2)", most, tier)


@pytest.fixture
async def worker(queue: Queue) -> UUID:
    return await queue.worker(lease=timedelta(hours=1))


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Queue]:
    async with open_queue(database.url) as other:
        yield other


async def keyed(session: Queue, count: int, key: str = "psf", **named: Any) -> list[int]:
    return [(await session.enqueue(fair_key=key, **named))["id"] for _ in range(count)]


async def beside_a_full_key(queue: Queue) -> None:
    """A key with a ready and a held job; there arrive one more, one of another key, and one of it in another queue."""
    await limit(queue.connection, 1)
    await queue.connection.execute("select fleet.limit_keys('pages', 1)")
    await keyed(queue, 2)
    await admit(queue)
    await keyed(queue, 1)
    await keyed(queue, 1, "pallets")
    await keyed(queue, 1, queue="pages")


async def written(queue: Queue) -> int:
    """How many jobs this transaction has updated; it counts on from a moment that the server chooses."""
    count: int = await queue.connection.fetchval("select pg_stat_get_xact_tuples_updated('fleet.job'::regclass)")
    return count


async def noted(queue: Queue) -> list[tuple[str, str]]:
    rows = await queue.connection.fetch("select queue, fair_key from fleet.freed_key order by queue, fair_key")
    return [(row["queue"], row["fair_key"]) for row in rows]


class TestAdmission:
    async def test_a_job_with_a_key_arrives_and_one_without_is_ready(self, queue: Queue) -> None:
        await keyed(queue, 1)
        await queue.add()

        assert await states(queue) == "ar"

    async def test_a_claim_takes_what_has_just_arrived(self, queue: Queue, worker: UUID) -> None:
        (job,) = await keyed(queue, 1)

        assert [claim["id"] for claim in await queue.claim(worker)] == [job]

    async def test_without_a_limit_all_of_a_key_are_ready(self, queue: Queue) -> None:
        await keyed(queue, 5)
        await admit(queue)

        assert await states(queue) == "rrrrr"

    async def test_a_key_has_no_more_than_its_limit_ready_or_running(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 2)
        await keyed(queue, 3)

        await queue.claim(worker)
        assert await states(queue) == "Urh"

        await keyed(queue, 1)
        assert len(await queue.claim(worker, 10)) == 1
        assert await states(queue) == "UUhh"

    async def test_each_key_has_a_limit_of_its_own(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 2, "psf")
        await keyed(queue, 2, "pallets")
        await admit(queue)

        assert await states(queue) == "rhrh"

    async def test_the_same_key_counts_in_each_queue_by_itself(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 2)
        await keyed(queue, 2, queue="pages")
        await admit(queue)

        assert await states(queue) == "rhrr"

    async def test_a_key_that_is_full_holds_up_neither_others_nor_itself_elsewhere(self, queue: Queue) -> None:
        await beside_a_full_key(queue)

        await admit(queue)

        assert await states(queue) == "rhhrr"

    async def test_what_arrives_is_written_once_unless_its_own_key_has_held_jobs(self, queue: Queue) -> None:
        await beside_a_full_key(queue)

        async with queue.connection.transaction():
            before = await written(queue)
            await admit(queue)
            assert await written(queue) == before + 3

    async def test_the_most_urgent_of_those_that_arrive_together_is_let_in(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1, priority=5)
        await keyed(queue, 1, priority=-5)
        await admit(queue)

        assert await states(queue) == "hr"

    async def test_nothing_that_arrives_passes_by_what_is_held(self, queue: Queue, worker: UUID, other: Queue) -> None:
        await limit(queue.connection, 1)
        first, second = await keyed(queue, 2)
        (claim,) = await queue.claim(worker)
        await keyed(queue, 1)
        # The ending cannot look at the key itself, because somebody else has its lock.
        async with other.connection.transaction():
            await other.connection.execute("select fleet.lock_keys('{notes}', '{psf}')")
            await queue.finish(claim)

        assert [claim["id"] for claim in await queue.claim(worker, 10)] == [second]
        assert first == claim["id"]

    async def test_a_job_typed_by_hand_as_ready_gets_its_turn_too(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1, "other")
        await admit(queue)
        await queue.connection.execute(
            "insert into fleet.job (kind, queue, fair_key) values ('note', 'notes', 'k'), ('note', 'notes', 'k')"
        )

        assert await states(queue) == "raa"
        await admit(queue)
        assert await states(queue) == "rrh"

    async def test_a_job_without_a_key_that_arrives_by_hand_is_let_in(self, queue: Queue, worker: UUID) -> None:
        await queue.connection.execute(
            "insert into fleet.job (kind, queue, state) values ('note', 'notes', 'arriving')"
        )

        assert len(await queue.claim(worker)) == 1

    async def test_a_key_whose_lock_is_taken_is_left_for_the_next_claim(self, queue: Queue, other: Queue) -> None:
        await keyed(queue, 1, "psf")
        await keyed(queue, 1, "pallets")

        async with other.connection.transaction():
            await other.connection.execute("select fleet.lock_keys('{notes}', '{psf}')")
            await admit(queue)
            assert await states(queue) == "ar"
            assert await queue.next_due() == 0
        await admit(queue)

        assert await states(queue) == "rr"

    async def test_an_arriving_job_that_somebody_holds_is_left_for_the_next_claim(
        self, queue: Queue, other: Queue
    ) -> None:
        (first,) = await keyed(queue, 1, "psf")
        await keyed(queue, 1, "pallets")
        await queue.connection.execute("set lock_timeout = '1 s'")

        async with other.connection.transaction():
            await other.connection.execute("select from fleet.job where id = $1 for update", first)
            await admit(queue)
            assert await states(queue) == "ar"
        await admit(queue)

        assert await states(queue) == "rr"

    async def test_a_bounded_look_takes_what_came_first(self, queue: Queue) -> None:
        await keyed(queue, 3)

        assert await queue.connection.fetchval("select fleet.admit(2)") == 2

        assert await states(queue) == "rra"

    async def test_a_job_that_is_held_wakes_nobody(self, queue: Queue, listener: Listener) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1)
        await admit(queue)
        await keyed(queue, 1)
        await listener.heard()

        await admit(queue)

        assert await listener.heard() == []

    async def test_beyond_read_committed_it_refuses(self, queue: Queue) -> None:
        await keyed(queue, 1)

        with pytest.raises(ServerError, match="cannot be admitted under a limit in repeatable read") as refusal:
            async with queue.connection.transaction(isolation="repeatable_read"):
                await admit(queue)

        assert refusal.value.sqlstate == "FL007"

    async def test_beyond_read_committed_it_refuses_nothing_when_nothing_arrives(self, queue: Queue) -> None:
        async with queue.connection.transaction(isolation="repeatable_read"):
            assert await queue.connection.fetchval("select fleet.admit()") == 0


class TestNotes:
    async def test_a_note_goes_when_its_key_was_looked_at_and_stays_when_somebody_else_has_the_lock(
        self, queue: Queue, other: Queue
    ) -> None:
        await queue.connection.execute(
            "insert into fleet.freed_key values ('notes', 'psf'), ('notes', 'pallets'), ('pages', 'psf')"
        )

        async with other.connection.transaction():
            await other.connection.execute("select fleet.lock_keys('{notes, pages}', '{pallets, psf}')")
            await admit(queue)

        assert await noted(queue) == [("notes", "pallets"), ("pages", "psf")]

    async def test_no_more_keys_are_looked_at_than_jobs_would_be(self, queue: Queue) -> None:
        await queue.connection.execute("insert into fleet.freed_key select 'notes', n from generate_series(1, 5) as n")

        assert await queue.connection.fetchval("select fleet.admit(3)") == 0

        assert len(await noted(queue)) == 2


class TestRoom:
    @pytest.mark.parametrize("ending", ["finish", "fail", "cancel", "snooze", "retry later"])
    async def test_whatever_ends_a_job_or_puts_it_off_lets_the_next_one_in(
        self, queue: Queue, worker: UUID, ending: str
    ) -> None:
        await limit(queue.connection, 1)
        first, _ = await keyed(queue, 2)
        (claim,) = await queue.claim(worker)

        match ending:
            case "finish":
                await queue.finish(claim)
            case "fail":
                await queue.fail(claim)
            case "cancel":
                await queue.cancel(first)
                await queue.release(claim)
            case "snooze":
                await queue.snooze(claim)
            case "retry later":
                await queue.fail(claim, delay=MINUTE)

        assert await states(queue) == ("r" if ending in {"finish", "fail", "cancel"} else "sr")

    @pytest.mark.parametrize("ending", ["release", "retry now", "rescue"])
    async def test_what_goes_back_at_once_keeps_its_place_in_line(self, queue: Queue, ending: str) -> None:
        worker = await queue.worker()
        await limit(queue.connection, 1)
        first, _ = await keyed(queue, 2)
        (claim,) = await queue.claim(worker)

        match ending:
            case "release":
                await queue.release(claim)
            case "retry now":
                await queue.fail(claim, delay=timedelta(0))
            case "rescue":
                await queue.advance(LEASE)
                await queue.rescue()

        assert await states(queue) == "ah"
        (again,) = await queue.claim(await queue.worker(), 10)
        assert again["id"] == first
        assert await states(queue) == "Uh"

    async def test_the_room_of_a_key_is_neither_for_another_nor_for_the_same_one_elsewhere(
        self, queue: Queue, worker: UUID
    ) -> None:
        await limit(queue.connection, 1)
        await queue.connection.execute("select fleet.limit_keys('pages', 1)")
        await keyed(queue, 2, queue="pages")
        await keyed(queue, 2, "pallets")
        await keyed(queue, 2)
        *_, claim = sorted(await queue.claim(worker, 2), key=itemgetter("id"))

        await queue.finish(claim)

        assert await states(queue) == "rhUhr"

    async def test_a_held_job_that_is_let_in_wakes_its_queue(
        self, queue: Queue, listener: Listener, worker: UUID
    ) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 2)
        (claim,) = await queue.claim(worker)
        await listener.heard()

        await queue.finish(claim)

        assert await listener.heard() == ["notes"]

    async def test_a_thousand_of_a_key_are_let_in_at_once(self, queue: Queue) -> None:
        await queue.connection.execute(
            "insert into fleet.job (kind, queue, state, fair_key)"
            " select 'note', 'notes', 'held', 'k' from generate_series(1, 1001)"
        )

        let_in = [await queue.connection.fetchval("select fleet.admit_held('{notes}', '{k}')") for _ in range(3)]

        assert let_in == [1000, 1, 0]

    async def test_cancelling_a_ready_job_lets_the_next_one_in(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        first, _ = await keyed(queue, 2)
        await admit(queue)

        await queue.cancel(first)

        assert await states(queue) == "r"

    async def test_cancelling_a_held_job_changes_nothing_else(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        _, second, _ = await keyed(queue, 3)
        await admit(queue)

        await queue.cancel(second)

        assert await states(queue) == "rh"

    async def test_putting_a_ready_job_off_lets_the_next_one_in(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        first, _ = await keyed(queue, 2)
        await admit(queue)

        await queue.reschedule(first, to=NOON + MINUTE)

        assert await states(queue) == "sr"

    async def test_a_scheduled_job_gets_its_turn_when_it_is_due(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1)
        await keyed(queue, 1, delay=MINUTE)
        await queue.claim(worker)
        await queue.advance(MINUTE)

        assert await queue.claim(worker) == []
        assert await states(queue) == "Uh"

    async def test_moving_a_job_lets_the_next_one_in_and_waits_for_its_turn_there(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await queue.connection.execute("select fleet.limit_keys('pages', 1)")
        first, _ = await keyed(queue, 2)
        await keyed(queue, 1, queue="pages")
        await admit(queue)

        await queue.move(first, to="pages")
        assert await states(queue) == "arr"
        await admit(queue)

        assert await states(queue) == "hrr"

    async def test_a_retried_job_gets_its_turn(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        first, _ = await keyed(queue, 2)
        (claim,) = await queue.claim(worker)
        await queue.fail(claim)

        async with queue.connection.transaction():
            before = await written(queue)
            assert await queue.retry(first) == [(first, "failed", "arriving")]
            assert await written(queue) == before
        await admit(queue)

        assert await states(queue) == "hr"

    async def test_a_scheduled_job_that_is_retried_now_gets_its_turn(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1)
        (later,) = await keyed(queue, 1, delay=MINUTE)

        assert await queue.retry(later) == [(later, "scheduled", "arriving")]
        await admit(queue)

        assert await states(queue) == "rh"

    async def test_a_renewed_job_whose_key_changes_lets_the_next_of_its_old_key_in(self, queue: Queue) -> None:
        await queue.declare("sync", fair_by="owner")
        await limit(queue.connection, 1)
        await keyed(queue, 1, "flask")
        renewed = await queue.add("sync", '{"owner": "psf"}', unique_key="u")
        await queue.add("sync", '{"owner": "psf"}')
        await admit(queue)

        await queue.add("sync", '{"owner": "pallets"}', unique_key="u", on_conflict="replace")

        assert await states(queue) == "rar"
        live = await queue.live(renewed)
        assert live is not None
        assert live["fair_key"] == "pallets"

    async def test_a_renewal_that_waited_lets_the_next_of_the_key_in_that_the_job_had_by_then(
        self, queue: Queue, other: Queue, database: Database
    ) -> None:
        await queue.declare("sync", fair_by="owner")
        await limit(queue.connection, 1)
        await queue.add("sync", '{"owner": "psf"}', unique_key="u")

        async with (
            open_queue(database.url) as watcher,
            anyio.create_task_group() as tasks,
            other.connection.transaction(),
        ):
            await other.add("sync", '{"owner": "pallets"}', unique_key="u", on_conflict="replace")
            await keyed(other, 1, "pallets")
            await admit(other)
            assert await states(other) == "rh"
            # As an enqueue calls it whose key was still free of locks when it met the job.
            tasks.start_soon(
                queue.connection.execute,
                "select fleet.renew_waiting(k, 'u', '{}', 0, fleet.now(), null, fleet.now(), 'flask')"
                " from fleet.kind as k where k.kind = 'sync'",
            )
            await until(partial(watcher.is_waiting, queue))

        # Whoever waited may find the key's own lock still held, and has then left a note for the next claim.
        await admit(queue)
        assert await states(queue) == "rr"

    async def test_a_renewed_job_whose_key_stays_keeps_its_place(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        for key in ("first", "second"):
            await keyed(queue, 1, unique_key=key)
        await admit(queue)

        for key in ("first", "second"):
            await keyed(queue, 1, unique_key=key, on_conflict="replace")

        assert await states(queue) == "rh"

    async def test_a_debounced_job_lets_the_next_one_in(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1, unique_key="u")
        await keyed(queue, 1)
        await admit(queue)

        await keyed(queue, 1, unique_key="u", on_conflict="debounce", delay=MINUTE)

        assert await states(queue) == "sr"

    @pytest.mark.parametrize("change", ["reprioritise", "reschedule"])
    async def test_room_made_while_a_held_job_was_locked_is_passed_on_by_whoever_had_it(
        self, queue: Queue, other: Queue, worker: UUID, change: str
    ) -> None:
        await limit(queue.connection, 1)
        _, second = await keyed(queue, 2)
        (claim,) = await queue.claim(worker)

        async with other.connection.transaction():
            await other.connection.execute("select from fleet.job where id = $1 for update", second)
            await queue.finish(claim)
            assert await states(queue) == "h"
            await getattr(other, change)(second, to={"reprioritise": 3, "reschedule": NOON}[change])

        assert await states(queue) == "r"

    async def test_an_ending_does_not_wait_for_one_that_is_long_in_committing(
        self, queue: Queue, other: Queue, worker: UUID
    ) -> None:
        await limit(queue.connection, 2)
        await keyed(queue, 4)
        first, second = await queue.claim(worker, 2)

        async with other.connection.transaction():
            await other.finish(first)
            assert await queue.finish(second) == [second["id"]]
        await queue.claim(worker, 0)

        assert await states(queue) == "rr"

    async def test_an_ending_that_is_rolled_back_lets_nobody_in(self, queue: Queue, other: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 2)
        (claim,) = await queue.claim(worker)

        transaction = other.connection.transaction()
        await transaction.start()
        await other.finish(claim)
        await transaction.rollback()
        await queue.claim(worker, 0)

        assert await states(queue) == "Uh"

    async def test_an_ending_in_repeatable_read_leaves_the_count_to_the_next_claim(
        self, queue: Queue, other: Queue, worker: UUID
    ) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 3)
        (claim,) = await queue.claim(worker)

        async with other.connection.transaction(isolation="repeatable_read"):
            await other.finish(claim)
        assert await states(queue) == "hh"
        assert await queue.next_due() == 0
        await queue.claim(worker, 0)

        assert await states(queue) == "rh"

    async def test_what_is_left_to_the_next_claim_wakes_somebody_to_make_it(
        self, queue: Queue, other: Queue, listener: Listener, worker: UUID
    ) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 2)
        (claim,) = await queue.claim(worker)
        await listener.heard()

        async with other.connection.transaction():
            await other.connection.execute("select fleet.lock_keys('{notes}', '{psf}')")
            await queue.finish(claim)

        assert await listener.heard() == ["notes"]

    async def test_a_sweep_finds_room_that_hands_made(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        first, _ = await keyed(queue, 2)
        await admit(queue)
        await queue.claim(worker, 0)
        await queue.connection.execute("delete from fleet.job where id = $1", first)

        await queue.claim(worker, 0)
        assert await states(queue) == "h"
        await queue.advance(timedelta(seconds=11))
        await queue.claim(worker, 0)

        assert await states(queue) == "r"

    async def test_a_sweep_goes_on_where_the_last_one_left_off(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await queue.connection.execute("select fleet.limit_keys('pages', 1)")
        for number in range(4):
            await keyed(queue, 2, f"k{number}")
        await keyed(queue, 2, "a", queue="pages")
        await admit(queue)

        looks = [await queue.connection.fetchval("select fleet.sweep_keys(2)") for _ in range(4)]

        assert looks == [2, 2, 1, 2]

    async def test_while_one_sweeps_another_passes(self, queue: Queue, other: Queue) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 2)
        await admit(queue)
        await queue.connection.execute("set lock_timeout = '1 s'")

        async with other.connection.transaction():
            looks = [await session.connection.fetchval("select fleet.sweep_keys()") for session in (other, queue)]

        assert looks == [1, 0]

    async def test_a_sweep_looks_at_keys_with_held_jobs_alone(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        for key, jobs in (("a", 2), ("b", 1), ("c", 2)):
            await keyed(queue, jobs, key)

        assert await queue.connection.fetchval("select fleet.sweep_keys()") == 0
        await admit(queue)
        assert await queue.connection.fetchval("select fleet.sweep_keys()") == 2

    @pytest.mark.parametrize("ending", ["finish", "fail", "snooze"])
    async def test_a_key_has_its_room_back_when_its_job_ends_beside_one_without_a_key(
        self, queue: Queue, worker: UUID, ending: str
    ) -> None:
        await limit(queue.connection, 1)
        await queue.add(queue="pages")
        await keyed(queue, 2)
        claims = await queue.claim(worker, 1, queues=["pages", "notes"])

        await getattr(queue, ending)(*sorted(claims, key=lambda claim: int(claim["id"])))

        waits = "s" if ending == "snooze" else ""
        assert await states(queue) == f"{waits * 2}r"
        assert await queue.connection.fetchval("select count(*) from fleet.freed_key") == 0

    async def test_a_key_has_its_room_back_when_its_job_is_put_off_beside_one_that_goes_back_at_once(
        self, queue: Queue, worker: UUID
    ) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1, "pallets", queue="pages")
        await keyed(queue, 2)
        claims = sorted(await queue.claim(worker, 1, queues=["pages", "notes"]), key=itemgetter("id"))

        await queue.connection.execute(
            "select fleet.fail($1, $2, array[interval '0', interval '1 min'], '{Boom, Boom}', '{it, broke}')",
            [claim["id"] for claim in claims],
            [claim["token"] for claim in claims],
        )

        assert await states(queue) == "asr"

    async def test_the_most_urgent_of_the_held_jobs_has_the_next_turn(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 1)
        (first,) = await queue.claim(worker)
        await keyed(queue, 1, priority=5)
        (urgent,) = await keyed(queue, 1, priority=1)
        await admit(queue)

        await queue.finish(first)

        assert [claim["id"] for claim in await queue.claim(worker)] == [urgent]


class TestLimits:
    async def test_a_higher_limit_lets_more_in(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 3)
        await admit(queue)

        await limit(queue.connection, 2)
        await queue.claim(worker, 0)

        assert await states(queue) == "rrh"

    async def test_without_its_limit_a_key_has_everything_ready(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        await keyed(queue, 3)
        await admit(queue)

        await limit(queue.connection, None)
        await queue.claim(worker, 0)

        assert await states(queue) == "rrr"

    async def test_a_lower_limit_counts_for_what_arrives_from_then_on(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 3)
        await keyed(queue, 4)
        first, second, third = await queue.claim(worker, 3)

        await limit(queue.connection, 1)
        await queue.finish(first)
        assert await states(queue) == "UUh"
        await queue.finish(second)
        assert await states(queue) == "Uh"
        await queue.finish(third)

        assert await states(queue) == "r"

    async def test_a_tier_has_a_limit_of_its_own(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await limit(queue.connection, 3, tier="pro")
        await queue.connection.execute("select fleet.assign_tier(array['psf'], 'pro')")
        await keyed(queue, 4, "psf")
        await keyed(queue, 2, "pallets")
        await admit(queue)

        assert await states(queue) == "rrrhrh"

    async def test_a_tier_may_have_no_limit(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await limit(queue.connection, None, tier="enterprise")
        await queue.connection.execute("select fleet.assign_tier(array['psf'], 'enterprise')")
        await keyed(queue, 3)
        await admit(queue)

        assert await states(queue) == "rrr"

    async def test_a_tier_that_the_queue_does_not_name_has_the_default(self, queue: Queue) -> None:
        await limit(queue.connection, 1)
        await queue.connection.execute("select fleet.assign_tier(array['psf'], 'gold')")
        await keyed(queue, 2)
        await admit(queue)

        assert await states(queue) == "rh"

    async def test_a_key_of_a_better_tier_gets_more_at_the_next_claim(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 1)
        await limit(queue.connection, 2, tier="pro")
        await keyed(queue, 3)
        await queue.claim(worker, 0)

        await queue.connection.execute("select fleet.assign_tier(array['psf'], 'pro')")
        await queue.claim(worker, 0)
        assert await states(queue) == "rrh"

        await queue.connection.execute("select fleet.assign_tier(array['psf'], null)")
        assert await queue.connection.fetchval("select count(*) from fleet.key_tier") == 0

    @pytest.mark.parametrize(
        ("call", "sentence"),
        [
            ("fleet.limit_keys('notes', 0)", "max_active must be at least 1, not 0"),
            ("fleet.limit_keys(null, 1)", "give the queue whose keys to limit"),
            ("fleet.limit_keys('no queue', 1)", "queue must be a plain word"),
            ("fleet.limit_keys('notes', 1, 'a tier')", "tier must be a plain word"),
            ("fleet.limit_keys('notes', 1, null)", "tier must be a plain word"),
            ("fleet.assign_tier(array['a', null], 'pro')", "a fair key is not empty"),
            ("fleet.assign_tier(array['a', ''], 'pro')", "a fair key is not empty"),
            ("fleet.assign_tier(array['a'], 'a tier')", "tier must be a plain word"),
        ],
    )
    async def test_what_makes_no_sense_is_refused_in_a_sentence(self, queue: Queue, call: str, sentence: str) -> None:
        with pytest.raises(ServerError, match=sentence) as refusal:
            await queue.connection.execute(f"select {call}")

        assert refusal.value.sqlstate == "FL002"
        assert await queue.connection.fetchval("select count(*) from fleet.key_limit") == 0


class TestKeys:
    @pytest.mark.parametrize(
        ("args", "key"),
        [('{"owner": "psf"}', "psf"), ('{"owner": 7}', "7"), ('{"owner": ""}', None), ('{"owner": null}', "unknown")],
    )
    async def test_the_key_is_the_value_of_the_kinds_argument(self, queue: Queue, args: str, key: str | None) -> None:
        await queue.declare("sync", fair_by="owner", defaults='{"owner": "unknown"}')

        await queue.add("sync", args)

        assert await queue.connection.fetchval("select fair_key from fleet.job") == key

    async def test_a_given_key_goes_before_the_argument(self, queue: Queue) -> None:
        await queue.declare("sync", fair_by="owner")

        await queue.add("sync", '{"owner": "psf"}', fair_key="pallets")

        assert await queue.connection.fetchval("select fair_key from fleet.job") == "pallets"

    async def test_a_batch_has_keys_as_single_jobs_have(self, queue: Queue) -> None:
        await queue.declare("sync", fair_by="owner")

        await queue.connection.execute(
            """
            select fleet.enqueue_many('[
                {"kind": "sync", "args": {"owner": "psf"}}, {"kind": "note", "fair_key": "k"},
                {"kind": "note"}, {"kind": "note", "fair_key": "k", "delay": "1 min"}
            ]')
            """
        )

        rows: list[Row] = await queue.connection.fetch("select fair_key, state::text from fleet.job order by id")
        assert [tuple(row) for row in rows] == [
            ("psf", "arriving"),
            ("k", "arriving"),
            (None, "ready"),
            ("k", "scheduled"),
        ]

    @pytest.mark.parametrize("call", ["enqueue('note', fair_key => k)", "enqueue_many(jsonb_build_array(j))"])
    async def test_a_key_that_is_too_long_is_refused_in_a_sentence(self, queue: Queue, call: str) -> None:
        with pytest.raises(ServerError, match="a fair key must fit in 256 bytes, and this one has 300") as refusal:
            await queue.connection.execute(
                f"select fleet.{call} from (select k, jsonb_build_object('kind', 'note', 'fair_key', k) as j"
                " from repeat('k', 300) as k) as long"
            )

        assert refusal.value.sqlstate == "FL002"

    async def test_the_view_tells_of_each_key(self, queue: Queue, worker: UUID) -> None:
        await limit(queue.connection, 2)
        await limit(queue.connection, 1, tier="free")
        await queue.connection.execute("select fleet.assign_tier(array['pallets'], 'free')")
        await keyed(queue, 4, "psf")
        await keyed(queue, 2, "pallets")
        await queue.claim(worker)

        rows = await queue.connection.fetch(
            "select fair_key, tier, max_active, ready, running, held, extract(epoch from oldest_held)::int"
            " from fleet.keys"
        )

        assert [tuple(row) for row in rows] == [
            ("psf", "default", 2, 1, 1, 2, 0),
            ("pallets", "free", 1, 1, 0, 1, 0),
        ]


class TestWhy:
    async def why(self, queue: Queue, job: int) -> list[str]:
        return [row[0] for row in await queue.connection.fetch("select fleet.why($1)", job)]

    async def test_a_held_job_says_how_its_key_stands(self, queue: Queue, worker: UUID) -> None:
        del worker
        await limit(queue.connection, 2)
        *_, last = await keyed(queue, 4)
        await admit(queue)

        assert await self.why(queue, last) == [
            "key 'psf' has 2 of 2 jobs of queue notes ready or running, and this one is held behind 1"
        ]

    async def test_an_arriving_job_says_that_the_next_claim_admits_it(self, queue: Queue, worker: UUID) -> None:
        del worker
        (job,) = await keyed(queue, 1)

        assert await self.why(queue, job) == ["it has just arrived: the next claim admits it"]

    async def test_a_held_job_whose_key_has_room_says_so(self, queue: Queue, worker: UUID) -> None:
        del worker
        await limit(queue.connection, 1)
        first, second = await keyed(queue, 2)
        await admit(queue)
        await queue.connection.execute("delete from fleet.job where id = $1", first)

        assert await self.why(queue, second) == ["key 'psf' has room again: the next claim lets it in"]
