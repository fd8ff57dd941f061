"""A run of a cron task: alone, in time, and on record however it ends."""

from datetime import timedelta

import anyio
import msgspec
import pytest

from fleet.cron import Run, run_once
from fleet.db import Connection, ConnectionFailure, ServerError
from fleet.errors import DatabaseUnavailable
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.cron.conftest import DAY, NOON, TASK, RunAfter, finish, records, session, shown


async def test_a_run_is_recorded_with_what_it_did(run_after: RunAfter, conn: Connection) -> None:
    run = await run_after()

    [record] = await records(conn)
    assert run.outcome == "done"
    assert (record["task"], record["outcome"], record["version"]) == ("report", "done", "abc")
    assert (record["counts"], record["error_class"]) == ('{"lines": 3}', None)
    assert (record["started_at"], record["ended_at"], record["every"]) == (NOON, NOON, DAY)


async def test_a_run_that_leaves_something_for_the_next_one_is_partial(run_after: RunAfter, conn: Connection) -> None:
    async def half(run: Run) -> None:
        run.counts["lines"] = 1

    run = await run_after(work=half)

    [record] = await records(conn)
    assert (run.outcome, record["outcome"], record["counts"]) == ("partial", "partial", '{"lines": 1}')


async def test_a_run_whose_time_is_over_is_cut_short_and_partial(run_after: RunAfter, conn: Connection) -> None:
    async def hang(run: Run) -> None:
        run.counts["lines"] = 2
        run.complete = True
        await conn.execute("select pg_sleep(30)")

    with anyio.fail_after(10):
        run = await run_after(work=hang, task=msgspec.structs.replace(TASK, time_limit=timedelta(milliseconds=200)))

    [record] = await records(conn)
    assert (run.outcome, run.out_of_time) == ("partial", True)
    assert (record["outcome"], record["counts"]) == ("partial", '{"lines": 2}')


@pytest.mark.parametrize("error", [DatabaseUnavailable("gone"), KeyError("a defect")])
async def test_an_error_is_recorded_by_its_class_and_raised(
    run_after: RunAfter, conn: Connection, error: Exception
) -> None:
    async def fail(run: Run) -> None:
        run.counts["lines"] = 2
        raise error

    with pytest.raises(type(error)):
        await run_after(work=fail)

    [record] = await records(conn)
    assert (record["outcome"], record["error_class"]) == ("failed", type(error).__name__)
    assert record["counts"] == '{"lines": 2}'


async def test_a_run_that_is_stopped_is_recorded_as_failed(database: Database, conn: Connection) -> None:
    async with session(database) as stopped, anyio.create_task_group() as tasks:

        async def begin() -> None:
            await run_once(stopped, TASK, lambda _run: anyio.sleep_forever())

        tasks.start_soon(begin)
        await until(lambda: conn.fetchval("select count(*) from fleet.cron_run"), what="it has begun")
        tasks.cancel_scope.cancel()

    [record] = await records(conn)
    assert (record["outcome"], record["error_class"]) == ("failed", "CancelledError")


async def test_while_one_run_is_under_way_another_does_nothing_and_is_recorded_as_skipped(
    run_after: RunAfter, database: Database, conn: Connection
) -> None:
    async def try_again(run: Run) -> None:
        async with session(database) as other:
            second = await run_once(other, TASK, finish)
            assert (second.outcome, second.counts) == ("skipped", {})
            row = await shown(other)
            assert row is not None
            assert row["state"] == "running"
        await finish(run)

    await run_after(work=try_again)

    assert [record["outcome"] for record in await records(conn)] == ["done", "skipped"]


async def test_another_task_may_run_at_the_same_time(run_after: RunAfter, database: Database) -> None:
    async def run_another(run: Run) -> None:
        async with session(database) as other:
            assert (await run_once(other, msgspec.structs.replace(TASK, name="vacuum"), finish)).outcome == "done"
        await finish(run)

    assert (await run_after(work=run_another)).outcome == "done"


async def test_the_end_of_a_run_lets_the_next_one_begin(
    run_after: RunAfter, database: Database, conn: Connection
) -> None:
    await run_after()

    async with session(database) as following:
        assert (await run_once(following, TASK, finish)).outcome == "done"
    assert await conn.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0


async def test_a_run_whose_session_dies_is_visibly_unfinished_and_holds_nobody_up(
    run_after: RunAfter, database: Database, conn: Connection
) -> None:
    async def die(_run: Run) -> None:
        await conn.execute("select pg_terminate_backend($1)", dying.get_server_pid())
        await until(
            lambda: conn.fetchval("select not exists (select from pg_locks where locktype = 'advisory')"),
            what="it died",
        )
        await dying.execute("select 1")

    async with session(database) as dying:
        with pytest.raises(ConnectionFailure):
            await run_once(dying, TASK, die)
    row = await shown(conn)
    following = await run_after(DAY)

    assert row is not None
    assert (row["state"], row["took"]) == ("unfinished", None)
    assert (following.outcome, following.unfinished) == ("done", 1)
    assert [record["outcome"] for record in await records(conn)] == [None, "done"]


async def test_a_task_that_is_none_is_refused(run_after: RunAfter, conn: Connection) -> None:
    for wrong in (
        msgspec.structs.replace(TASK, name="no name"),
        msgspec.structs.replace(TASK, every=timedelta(0)),
    ):
        with pytest.raises(ServerError, match="is no cron task") as refused:
            await run_after(task=wrong)
        assert refused.value.sqlstate == "FL002"
    assert await records(conn) == []
