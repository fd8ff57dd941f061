"""roll_up: what has ended is summed up, each job once, whenever its end is committed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from fleet.db import Connection, ServerError, connect
from fleet.testing.database import Database
from tests.queue.sql.session import Queue


@pytest.fixture
async def rolled(database: Database) -> AsyncIterator[Connection]:
    """A session of its own at the time of the server, with sums of nothing yet."""
    async with connect(database.url, application="fleet-tests") as connection:
        await connection.execute(
            "truncate fleet.job_minute, fleet.job_hour, fleet.failure_hour, fleet.depth_minute;"
            " update fleet.rollup set from_xid = '0', since = '-infinity', mark_xid = pg_current_xact_id(),"
            " mark_at = now(), to_xid = null, cursor_at = null, began_at = null, moved = '{}', counted_at = null"
        )
        yield connection


async def end(
    connection: Connection,
    count: int = 1,
    *,
    first: int = 1,
    outcome: str = "done",
    at: datetime | None = None,
    error: str | None = None,
    kind: str = "note",
) -> None:
    await connection.execute(
        "insert into fleet.job_history (id, kind, queue, outcome, priority, args, attempt, max_attempts, enqueued_at,"
        " claimed_at, finished_at, error_class, error_message)"
        " select $1::bigint + n, $6, 'notes', $3::text::fleet.job_outcome, 0, '{}', 1, 3, ended.at - interval '5 s',"
        " ended.at - interval '3 s', ended.at, case when $5::text is not null then 'Boom' end, $5"
        " from generate_series(0, $2::integer - 1) as n, (select coalesce($4, clock_timestamp()) as at) as ended",
        first,
        count,
        outcome,
        at,
        error,
        kind,
    )


async def roll_up(connection: Connection) -> None:
    """Until nothing is left."""
    for _ in range(1000):
        if await connection.fetchval("select fleet.roll_up()"):
            return
    raise AssertionError("roll_up comes to no end")


async def sums(connection: Connection, table: str = "job_minute") -> int:
    counted: int = await connection.fetchval(f"select coalesce(sum(jobs), 0)::bigint from fleet.{table}")
    return counted


async def test_what_has_ended_is_summed_up_by_the_minute_and_by_the_hour(rolled: Connection) -> None:
    at = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)
    await end(rolled, 3, at=at)
    await end(rolled, 2, first=10, at=at - timedelta(minutes=1))

    await roll_up(rolled)

    minutes = await rolled.fetch("select at, jobs, waited, ran, waits, runs from fleet.job_minute order by at")
    assert [(row["at"], row["jobs"]) for row in minutes] == [
        (at.replace(minute=33, second=0), 2),
        (at.replace(second=0), 3),
    ]
    assert (minutes[1]["waited"], minutes[1]["ran"]) == (6.0, 9.0)
    # Two seconds are at most 2.048, three at most 4.096.
    assert [minutes[1]["waits"].index(3), minutes[1]["runs"].index(3)] == [10, 11]
    hours = await rolled.fetch("select at, jobs, waits[11] as waits from fleet.job_hour")
    assert [tuple(row.values()) for row in hours] == [(at.replace(minute=0, second=0), 5, 5)]


async def test_nothing_is_counted_twice(rolled: Connection) -> None:
    await end(rolled, 5)
    await roll_up(rolled)
    await end(rolled, 2, first=10)

    for _ in range(4):
        await roll_up(rolled)

    assert await sums(rolled) == await sums(rolled, "job_hour") == 7


async def test_an_end_that_is_committed_late_is_counted_then(rolled: Connection, database: Database) -> None:
    async with connect(database.url, application="fleet-tests") as slow:
        writing = slow.transaction()
        await writing.start()
        await end(slow)
        await end(rolled, 3, first=10)
        for _ in range(3):
            await roll_up(rolled)
        before = await sums(rolled)

        await writing.commit()

    for _ in range(3):
        await roll_up(rolled)
    # Whoever wrote before it was over has been waited for; what ended later is not counted before it.
    assert (before, await sums(rolled)) == (0, 4)


async def test_an_end_within_a_savepoint_is_counted_too(rolled: Connection, database: Database) -> None:
    async with connect(database.url, application="fleet-tests") as slow:
        writing = slow.transaction()
        await writing.start()
        await slow.execute("select pg_current_xact_id()")
        async with slow.transaction():
            await end(slow)
        await end(rolled, first=10)
        await roll_up(rolled)
        await roll_up(rolled)

        await writing.commit()

    await roll_up(rolled)
    assert await sums(rolled) == 2


async def test_what_was_taken_back_is_not_counted(rolled: Connection) -> None:
    writing = rolled.transaction()
    await writing.start()
    await end(rolled)
    await writing.rollback()

    await roll_up(rolled)

    assert await sums(rolled) == 0


async def test_a_long_backlog_is_counted_in_many_short_calls(rolled: Connection) -> None:
    start = datetime.now(UTC) - timedelta(days=3)
    for hour in range(72):
        await end(rolled, 7, first=1 + hour * 10, at=start + timedelta(hours=hour))
    calls = 0
    while not await rolled.fetchval("select fleet.roll_up(interval '0')"):
        calls += 1

    assert calls > 5
    assert await sums(rolled) == 72 * 7


async def test_what_ends_while_a_pass_is_under_way_is_counted_by_the_next(rolled: Connection) -> None:
    await end(rolled, at=datetime.now(UTC) - timedelta(hours=5))
    await rolled.fetchval("select fleet.roll_up(interval '0')")
    await end(rolled, first=10)
    await end(rolled, first=20, at=datetime.now(UTC) - timedelta(minutes=1))

    await roll_up(rolled)
    await roll_up(rolled)

    assert await sums(rolled) == 3


@pytest.mark.parametrize("under_way", [False, True])
async def test_rows_that_are_given_a_partition_are_counted_once(rolled: Connection, under_way: bool) -> None:
    # One of two is counted when the partitions are made, and both look newly written then.
    await end(rolled, at=datetime.now(UTC))
    await roll_up(rolled)
    await end(rolled, first=10)
    if under_way:
        await rolled.execute("update fleet.rollup set since = since - interval '3 hours'")
        assert not await rolled.fetchval("select fleet.roll_up(interval '0')")
    # In a savepoint, whose number is what the rows show.
    async with rolled.transaction(), rolled.transaction():
        assert await rolled.fetchval("select fleet.make_partitions(1)") > 0
    assert await rolled.fetchval("select count(*) from fleet.job_history_default") == 0

    for _ in range(3):
        await roll_up(rolled)
    await end(rolled, first=20)
    for _ in range(3):
        await roll_up(rolled)

    assert await sums(rolled) == 3
    assert await rolled.fetchval("select moved from fleet.rollup") == []


async def test_rows_that_the_pass_under_way_has_counted_already_are_not_counted_when_they_move(
    rolled: Connection,
) -> None:
    await end(rolled)
    await roll_up(rolled)
    await rolled.execute(
        "update fleet.rollup set from_xid = '0', to_xid = from_xid, cursor_at = clock_timestamp(), began_at = now()"
    )

    await rolled.fetchval("select fleet.make_partitions(1)")
    await roll_up(rolled)

    assert await sums(rolled) == 1


async def test_an_end_that_is_committed_an_hour_late_is_still_looked_for(
    rolled: Connection, database: Database
) -> None:
    async with connect(database.url, application="fleet-tests") as slow:
        writing = slow.transaction()
        await writing.start()
        await end(slow)
        await roll_up(rolled)
        # As if that had been an hour after the transaction began.
        await rolled.execute("update fleet.rollup set mark_at = mark_at + interval '1 hour'")
        await roll_up(rolled)

        await writing.commit()

    await roll_up(rolled)
    assert await sums(rolled) == 1


async def test_transactions_at_random_are_counted_once_each(rolled: Connection, database: Database) -> None:
    random = Random(7)
    committed = 0
    first = 1
    async with (
        connect(database.url, application="fleet-tests") as one,
        connect(database.url, application="fleet-tests") as two,
        connect(database.url, application="fleet-tests") as three,
    ):
        open_now: dict[Connection, Any] = dict.fromkeys((one, two, three))
        begun = dict.fromkeys(open_now, 0)
        for _ in range(600):
            session = random.choice(list(open_now))
            act = random.random()
            if act < 0.25:
                await rolled.fetchval("select fleet.roll_up($1)", timedelta(milliseconds=random.choice((0, 200))))
            elif (writing := open_now[session]) is None:
                open_now[session] = writing = session.transaction()
                await writing.start()
            elif act < 0.7:
                savepoint = session.transaction()
                await savepoint.start()
                await end(session, first=first)
                first += 1
                if act < 0.6:
                    await savepoint.commit()
                    begun[session] += 1
                else:
                    await savepoint.rollback()
            elif act < 0.9:
                await writing.commit()
                committed += begun[session]
                open_now[session], begun[session] = None, 0
            else:
                await writing.rollback()
                open_now[session], begun[session] = None, 0
            assert await sums(rolled) <= committed
        for writing in open_now.values():
            if writing is not None:
                await writing.rollback()

    for _ in range(3):
        await roll_up(rolled)
    assert await sums(rolled) == committed > 50


async def test_only_one_caller_counts_at_a_time(rolled: Connection, database: Database) -> None:
    async with connect(database.url, application="fleet-tests") as other, other.transaction():
        await other.fetchval("select fleet.roll_up()")

        assert await rolled.fetchval("select fleet.roll_up()") is None


@pytest.mark.parametrize("from_xid", [3, 99_999_999_999])
async def test_in_a_database_that_was_restored_counting_begins_anew(rolled: Connection, from_xid: int) -> None:
    await end(rolled, 5)
    # The rows came with the dump, and were counted where it was made.
    await rolled.execute(f"update fleet.rollup set system = 4711, from_xid = '{from_xid}', since = '-infinity'")
    await roll_up(rolled)
    before = await sums(rolled)
    await end(rolled, 2, first=10)

    await roll_up(rolled)

    assert (before, await sums(rolled)) == (0, 2)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("the host did not answer (host=github.com, status=503)", "the host did not answer"),
        ("user 42 not found\nDetails: …", "user # not found"),
        ("no commit 9fceb02d0ae598e95dc970b74767f19372d61af8 here", "no commit # here"),
        ("key 0b4f2c1e-9d3a-4c1b-8f00-d1c2b3a4e5f6 is taken", "key # is taken"),
        ("bad value (1, 2)", "bad value (#, #)"),
        ("dead beef is no number", "dead beef is no number"),
        ("code42", "code#"),
        ("", ""),
    ],
)
async def test_errors_are_grouped_by_what_they_say_without_their_facts(
    rolled: Connection, message: str, sentence: str
) -> None:
    assert await rolled.fetchval("select fleet.sentence_of($1)", message) == sentence


async def test_failures_are_grouped_with_when_they_began_and_one_to_look_at(rolled: Connection) -> None:
    hour = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for number, minute in enumerate((5, 40, 20)):
        error = f"no answer (status={number})"
        await end(rolled, first=100 + number, outcome="failed", error=error, at=hour + timedelta(minutes=minute))
        await roll_up(rolled)
        await rolled.execute("update fleet.rollup set since = '-infinity'")

    rows = await rolled.fetch(
        "select at, kind, error_class, sentence, jobs, first_at, last_at, sample_id from fleet.failure_hour"
    )
    assert [tuple(row.values()) for row in rows] == [
        (hour, "note", "Boom", "no answer", 3, hour + timedelta(minutes=5), hour + timedelta(minutes=40), 101)
    ]


async def test_errors_that_all_differ_share_a_group_beyond_the_first_of_an_hour(rolled: Connection) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await rolled.execute(
        "insert into fleet.job_history (id, kind, queue, outcome, priority, args, attempt, max_attempts, enqueued_at,"
        " finished_at, error_class, error_message)"
        " select n, 'note', 'notes', 'failed', 0, '{}', 1, 3, $1, $1, 'Boom',"
        " translate(n::text, '0123456789', 'ghijklmnop') from generate_series(1, 500) as n",
        at,
    )

    await roll_up(rolled)

    assert await rolled.fetchval("select count(*) from fleet.failure_hour") == 301
    assert await sums(rolled, "failure_hour") == 500


async def test_the_depth_of_the_queues_is_noted_once_a_minute(rolled: Connection, queue: Queue) -> None:
    await queue.add()
    await queue.add(delay=timedelta(hours=1))
    await queue.add(queue="elsewhere")
    await rolled.execute("delete from fleet.depth_minute")

    await rolled.fetchval("select fleet.roll_up()")
    await rolled.fetchval("select fleet.roll_up()")

    rows = await rolled.fetch("select queue, ready, scheduled, held, running from fleet.depth_minute")
    assert sorted(tuple(row.values()) for row in rows) == [("elsewhere", 1, 0, 0, 0), ("notes", 1, 1, 0, 0)]


async def test_old_sums_are_deleted_a_few_at_a_time(rolled: Connection) -> None:
    at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    for minute in range(5):
        await end(rolled, first=10 * minute, at=at + timedelta(minutes=minute), outcome="failed", error="no")
    await roll_up(rolled)
    await rolled.execute("delete from fleet.depth_minute")

    deleted = [await rolled.fetchval("select fleet.delete_rollups('minutes', $1, 2)", at) for _ in range(2)]
    hours = await rolled.fetchval("select fleet.delete_rollups('hours', $1, 10)", at)

    assert (deleted, hours) == ([1, 0], 2)
    assert (await sums(rolled), await sums(rolled, "job_hour"), await sums(rolled, "failure_hour")) == (4, 0, 0)


async def test_there_is_nothing_else_to_delete(rolled: Connection) -> None:
    with pytest.raises(ServerError, match="'jobs' is no rollup"):
        await rolled.fetchval("select fleet.delete_rollups('jobs', now(), 1)")
