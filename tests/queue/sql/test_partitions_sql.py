"""fleet.make_partitions: the history by day, in UTC, whatever the session's time zone is."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import anyio
import pytest

from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import NOON, Queue, open_queue

ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


async def _make(queue: Queue, days_ahead: int = 14) -> int:
    made: int = await queue.connection.fetchval("select fleet.make_partitions($1)", days_ahead)
    return made


async def _days(queue: Queue, table: str = "job_history") -> list[str]:
    """The partitions of *table* that are of a day."""
    rows = await queue.connection.fetch(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::text::regclass order by 1",
        f"fleet.{table}",
    )
    return [row["name"].rpartition("_")[2] for row in rows if not row["name"].endswith("_default")]


async def _partition_of(queue: Queue, job: int, table: str = "job_history", key: str = "id") -> str:
    name: str = await queue.connection.fetchval(
        f"select tableoid::regclass::text from fleet.{table} where {key} = $1", job
    )
    return name


async def test_today_and_the_days_ahead_get_a_partition(queue: Queue) -> None:
    assert await _make(queue, 2) == 6

    assert await _days(queue, "job_history") == ["20260301", "20260302", "20260303"]
    assert await _days(queue, "attempt") == ["20260301", "20260302", "20260303"]


async def test_what_is_there_is_left_alone(queue: Queue) -> None:
    await _make(queue, 2)

    assert await _make(queue, 2) == 0
    assert await _make(queue, 3) == 2


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("now", [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 25, 23, 59, 59, tzinfo=UTC)])
async def test_every_day_ahead_has_its_partition_over_a_change_of_the_clocks(
    queue: Queue, zone: str, now: datetime
) -> None:
    await queue.connection.execute(f"set timezone = '{zone}'")
    await queue.set_clock(now)

    await _make(queue, 14)

    assert await _days(queue) == [f"{now.date() + timedelta(days=day):%Y%m%d}" for day in range(15)]


@pytest.mark.parametrize("style", ["ISO", "SQL, DMY", "Postgres, MDY", "German"])
@pytest.mark.parametrize("zone", ZONES)
async def test_a_day_begins_and_ends_at_midnight_utc(queue: Queue, zone: str, style: str) -> None:
    await queue.connection.execute(f"set timezone = '{zone}'; set datestyle = '{style}'")
    await _make(queue, 2)
    midnight = datetime(2026, 3, 2, tzinfo=UTC)

    days: list[str] = []
    for now in (midnight - timedelta(microseconds=1), midnight):
        await queue.set_clock(NOON)
        claim = await queue.claimed()
        await queue.set_clock(now)
        await queue.finish(claim)
        days.append(await _partition_of(queue, claim["id"]))

    assert days == ["fleet.job_history_20260301", "fleet.job_history_20260302"]


@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2026, 12, 31)])
async def test_leap_days_and_the_end_of_a_year_are_days_like_others(queue: Queue, day: date) -> None:
    await queue.set_clock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))

    await _make(queue, 1)

    assert await _days(queue) == [f"{day:%Y%m%d}", f"{day + timedelta(days=1):%Y%m%d}"]


async def test_a_day_without_a_partition_goes_into_the_default_one(queue: Queue) -> None:
    claim = await queue.claimed(max_attempts=1)
    await queue.fail(claim)

    assert await _partition_of(queue, claim["id"]) == "fleet.job_history_default"
    assert await _partition_of(queue, claim["id"], "attempt", "job_id") == "fleet.attempt_default"


async def test_rows_of_the_default_partition_move_to_their_day(queue: Queue) -> None:
    claim = await queue.claimed(max_attempts=1)
    await queue.fail(claim)
    before = await queue.everything()

    await _make(queue)

    assert await queue.everything() == before
    assert await _partition_of(queue, claim["id"]) == "fleet.job_history_20260301"
    assert await _partition_of(queue, claim["id"], "attempt", "job_id") == "fleet.attempt_20260301"


async def test_a_partition_has_the_checks_and_the_key_of_its_table(queue: Queue) -> None:
    await _make(queue, 0)

    for part in ("job_history", "attempt"):
        facts = await queue.connection.fetch(
            "select conname ~ 'pkey' as key, contype::text, pg_get_constraintdef(oid) as definition from pg_constraint"
            " where conrelid = $1::text::regclass and contype <> 'n' order by 2, 3",
            f"fleet.{part}",
        )
        copied = await queue.connection.fetch(
            "select conname ~ 'pkey' as key, contype::text, pg_get_constraintdef(oid) as definition from pg_constraint"
            " where conrelid = $1::text::regclass and contype <> 'n' order by 2, 3",
            f"fleet.{part}_20260301",
        )
        assert copied == facts


async def test_several_may_make_partitions_at_once(database: Database) -> None:
    made: list[int] = []

    async def make() -> None:
        async with open_queue(database.url) as other:
            made.append(await _make(other, 3))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(make)

    assert sorted(made) == [0, 0, 0, 8]


async def test_making_partitions_and_failing_a_job_lock_in_the_same_order(queue: Queue, database: Database) -> None:
    """A failure writes its attempt, then its history; locks taken the other way round would be a deadlock."""
    made: list[int] = []
    async with (
        open_queue(database.url) as watcher,
        open_queue(database.url) as other,
        anyio.create_task_group() as tasks,
    ):

        async def make() -> None:
            made.append(await _make(other, 0))

        async with queue.connection.transaction():
            await queue.connection.execute("lock table fleet.attempt_default in row exclusive mode")
            tasks.start_soon(make)
            await until(partial(watcher.is_waiting, other))
            await queue.connection.execute("lock table fleet.job_history_default in row exclusive mode nowait")

    assert made == [2]


async def test_a_job_that_ends_while_its_day_gets_a_partition_ends_in_it(queue: Queue, database: Database) -> None:
    """It had chosen the default partition, which does not take jobs of that day any more."""
    claim = await queue.claimed()
    async with (
        open_queue(database.url) as maker,
        anyio.create_task_group() as tasks,
        maker.connection.transaction(),
    ):
        await _make(maker, 0)
        tasks.start_soon(queue.finish, claim)
        await until(partial(maker.is_waiting, queue))

    assert await queue.state(claim["id"]) == "done"
    assert await _partition_of(queue, claim["id"]) == "fleet.job_history_20260301"


async def test_making_partitions_that_are_there_waits_for_nobody(queue: Queue, database: Database) -> None:
    await _make(queue)

    async with open_queue(database.url) as other, other.connection.transaction():
        await other.connection.execute("lock table fleet.attempt_default, fleet.job_history_default in row share mode")
        with anyio.fail_after(5):
            assert await _make(queue) == 0
