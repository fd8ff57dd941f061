"""Small steps: bounded, resumed, and out of everybody's way."""

from datetime import timedelta
from time import perf_counter

import anyio
import msgspec
import pytest

from fleet.db import Connection, connect
from fleet.retention.batches import Batches
from fleet.retention.rules import Policy, Rules, Swept
from fleet.retention.sweep import sweep
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.retention.conftest import (
    DAY,
    NOW,
    RULES,
    RULES_OF_TWO,
    Stored,
    Sweep,
    die_with,
    hold_up,
    sweep_all,
    sweeper,
    waiting_for,
)

# Notes how many rows each transaction deleted from the tables of an inventory and of a document.
COUNT_DELETIONS = """
create table deletion (transaction xid8 default pg_current_xact_id());
create function note_deletion() returns trigger language plpgsql as
    $$ begin insert into deletion default values; return null; end $$;
"""
COUNTED = (
    *("app.user_analysis_history", "app.analyses", "app.test_files", "app.test_suites", "app.test_cases"),
    *("app.documents", "app.document_domains", "app.document_features", "app.document_behaviours"),
)


async def test_no_transaction_deletes_more_rows_than_a_batch_has(stored: Stored, sweeping: Sweep) -> None:
    analysis = await stored.analysis(tests=7)
    for _ in range(5):
        await stored.history(analysis, age=31 * DAY)
    await stored.document(analysis, age=31 * DAY, behaviours=7)
    await stored.connection.execute(COUNT_DELETIONS)
    for table in COUNTED:
        await stored.connection.execute(
            f"create trigger note after delete on {table} for each row execute function note_deletion()"
        )

    await sweeping(RULES_OF_TWO)

    sizes = await stored.connection.fetch("select count(*) as rows from deletion group by transaction order by 1")
    assert [await stored.count(table) for table in COUNTED] == [0] * len(COUNTED)
    assert max(row["rows"] for row in sizes) == 2


async def sizes_of(connection: Connection, rules: Rules, count: int) -> list[int]:
    """How many rows each of some batches might have, of which each did them all in ten milliseconds."""
    sizes: list[int] = []
    batches = Batches(connection, rules)

    async def do_all(connection: Connection, size: int) -> int:
        await connection.execute("select pg_sleep(0.01)")
        sizes.append(size)
        return size

    for _ in range(count):
        await batches.run(do_all)
    return sizes


@pytest.mark.parametrize(
    ("span", "sizes"),
    [(timedelta(days=1), [200, 400, 800, 1000, 1000]), (timedelta(milliseconds=1), [200, 100, 50, 25, 12])],
    ids=["quick", "slow"],
)
async def test_a_batch_has_as_many_rows_as_are_done_in_time_and_no_more_than_the_setting(
    stored: Stored, span: timedelta, sizes: list[int]
) -> None:
    assert await sizes_of(stored.connection, msgspec.structs.replace(RULES, span=span), 5) == sizes


async def test_a_batch_of_one_row_that_is_slow_is_followed_by_another_one(stored: Stored) -> None:
    assert await sizes_of(stored.connection, Rules(batch=1, span=timedelta(milliseconds=1)), 2) == [1, 1]


async def test_a_smaller_batch_rests_for_its_share(stored: Stored) -> None:
    rules = Rules(batch=1000, pause=timedelta(seconds=1), span=timedelta(days=1))
    began = perf_counter()

    assert await sizes_of(stored.connection, rules, 2) == [200, 400]

    assert 0.2 <= perf_counter() - began < 0.4


async def test_what_did_nothing_needs_no_rest(stored: Stored) -> None:
    batches = Batches(stored.connection, Rules(batch=1, pause=DAY))

    async def find_nothing(_connection: Connection, _size: int) -> int:
        return 0

    with anyio.fail_after(10):
        assert [await batches.run(find_nothing) for _ in range(2)] == [0, 0]


async def test_small_things_share_a_batch(stored: Stored, sweeping: Sweep) -> None:
    for _ in range(20):
        await stored.analysis()

    with anyio.fail_after(5):
        # Twenty rests of a second would not fit.
        swept = await sweeping(Rules(pause=timedelta(milliseconds=300)))

    assert swept.analyses == 20


async def test_a_document_is_not_shown_while_its_parts_go(stored: Stored, database: Database) -> None:
    document = await stored.document(await stored.analysis(), age=31 * DAY, behaviours=5)
    await hold_up(
        stored, "delete", "app.document_behaviours", when="(select count(*) from app.document_behaviours) = 3"
    )

    async with sweeper(database) as sweeping_connection, anyio.create_task_group() as tasks:
        await stored.connection.execute("select pg_advisory_lock(7)")
        tasks.start_soon(sweep_all, sweeping_connection, RULES_OF_TWO)
        await until(waiting_for(stored.connection, "advisory"), what="the sweep is in the middle of the document")
        hidden = await stored.connection.fetchval("select removed_at from app.documents where id = $1", document)
        await stored.connection.execute("select pg_advisory_unlock(7)")

    assert hidden == NOW
    assert await stored.count("app.documents") == 0


async def test_a_run_goes_on_where_the_last_one_was_cut_short(
    stored: Stored, database: Database, sweeping: Sweep
) -> None:
    kept = await stored.analysis(age=5 * DAY)
    await stored.history(kept, age=DAY)
    analysis = await stored.analysis(tests=9)
    await stored.document(kept, age=31 * DAY, behaviours=9)
    await hold_up(stored, "delete", "app.test_cases", when="(select count(*) from app.test_cases) = 4")

    async with sweeper(database) as sweeping_connection:
        await stored.connection.execute("select pg_advisory_lock(7)")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(die_with, sweeping_connection, RULES_OF_TWO)
            await until(waiting_for(stored.connection, "advisory"), what="the sweep is in the middle of the analysis")
            await stored.connection.execute("select pg_terminate_backend($1)", sweeping_connection.get_server_pid())
        await stored.connection.execute("select pg_advisory_unlock_all()")
    half = await stored.count("app.test_cases")
    completed = await stored.connection.fetchval("select completed_at from app.analyses where id = $1", analysis)

    swept = await sweeping(RULES_OF_TWO)

    assert (half, completed) == (5 + 1, None)
    assert (swept.analyses, swept.skipped_batches) == (1, 0)
    assert await stored.ids("app.analyses") == [kept]
    assert await stored.is_complete(kept)


async def test_a_stop_in_the_middle_of_a_batch_lets_that_batch_finish(stored: Stored, database: Database) -> None:
    for _ in range(4):
        await stored.history(await stored.analysis(), age=31 * DAY)
    await hold_up(stored, "delete", "app.user_analysis_history")

    async with sweeper(database) as sweeping_connection, anyio.create_task_group() as tasks:
        await stored.connection.execute("select pg_advisory_lock(7)")
        tasks.start_soon(sweep_all, sweeping_connection, RULES_OF_TWO)
        await until(waiting_for(stored.connection, "advisory"), what="the sweep is in the middle of its first batch")
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await stored.connection.execute("select pg_advisory_unlock(7)")

    assert await stored.count("app.user_analysis_history") == 2


async def test_a_run_whose_time_is_over_ends_between_batches_with_its_counts(stored: Stored) -> None:
    for _ in range(10):
        await stored.history(await stored.analysis(), age=31 * DAY)
    swept = Swept()

    with anyio.move_on_after(0.05) as time:
        await sweep(stored.connection, Rules(batch=1, pause=timedelta(seconds=60)), Policy(), swept)

    assert (time.cancelled_caught, swept.history) == (True, 1)
    assert await stored.count("app.user_analysis_history") == 9


async def test_a_run_without_time_leaves_its_connection_usable(stored: Stored, sweeping: Sweep) -> None:
    await stored.history(await stored.analysis(), age=31 * DAY)
    cut_short = Swept()

    with anyio.move_on_after(0):
        await sweep(stored.connection, Rules(batch=1), Policy(), cut_short)
    next_run = await sweeping()

    assert cut_short.history + next_run.history == 1


async def test_a_batch_that_waits_too_long_for_a_lock_is_skipped_and_the_rest_is_done(
    stored: Stored, database: Database, sweeping: Sweep
) -> None:
    analysis = await stored.analysis(age=5 * DAY)
    await stored.history(analysis, age=31 * DAY)
    document = await stored.document(analysis, age=31 * DAY)

    async with connect(database.url, application="other") as other, other.transaction():
        await other.execute("lock table app.user_analysis_history in share mode")
        swept = await sweeping(msgspec.structs.replace(RULES, lock_limit=timedelta(milliseconds=20)))

    assert swept.skipped_batches == 1
    assert (swept.history, swept.documents, document in await stored.ids("app.documents")) == (0, 1, False)


async def test_one_thing_that_takes_too_long_does_not_keep_the_others(stored: Stored, sweeping: Sweep) -> None:
    slow, *_ = [await stored.analysis() for _ in range(3)]
    await stored.connection.execute(
        "create function dawdle() returns trigger language plpgsql as"
        f" $$ begin if old.analysis_id = {slow} then perform pg_sleep(10); end if; return old; end $$;"
        "create trigger dawdle before delete on app.test_cases for each row execute function dawdle()"
    )

    swept = await sweeping(msgspec.structs.replace(RULES, statement_limit=timedelta(seconds=1)))

    assert (swept.analyses, swept.skipped_batches) == (2, 1)
    assert await stored.ids("app.analyses") == [slow]


async def test_a_sweep_of_nothing_changes_nothing(sweeping: Sweep, stored: Stored) -> None:
    await sweeping()

    again = await sweeping()

    assert again == Swept()
    assert await stored.count("app.analyses") == 0


@pytest.mark.parametrize("table", COUNTED)
async def test_nothing_is_locked_against_readers(
    stored: Stored, table: str, sweeping: Sweep, database: Database
) -> None:
    await stored.document(await stored.analysis(), age=31 * DAY)

    async with connect(database.url, application="reader") as reader, reader.transaction():
        await reader.fetch(f"select count(*) from {table}")
        swept = await sweeping(msgspec.structs.replace(RULES, lock_limit=timedelta(milliseconds=50)))

    assert swept.skipped_batches == 0
