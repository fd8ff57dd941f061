"""Somebody takes interest in an analysis at the very moment it is to go."""

import anyio
import pytest

from fleet.db import Connection, connect
from fleet.retention import steps
from fleet.retention.batches import Batches
from fleet.retention.removal import Removal
from fleet.sql import statement
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.retention.conftest import DAY, RULES_OF_TWO, Stored, Sweep, hold_up, sweep_all, sweeper, waiting_for

REFER = "insert into app.user_analysis_history (user_id, analysis_id, retention_days) values ($1, $2, 30)"
# How to refer to an analysis so that one which is going is not referred to.
REFER_IF_WHOLE = """
    insert into app.user_analysis_history (user_id, analysis_id, retention_days)
    select $1, id, 30 from app.analyses where id = $2 and completed_at is not null for key share
    """


async def test_a_reference_that_is_not_committed_yet_saves_its_analysis(
    stored: Stored, database: Database, sweeping: Sweep
) -> None:
    analysis, user = await stored.analysis(tests=3), await stored.user()

    async with connect(database.url, application="web") as web, web.transaction():
        await web.execute(REFER, user, analysis)
        swept = await sweeping()

    assert (swept.analyses, swept.analyses_condemned) == (0, 0)
    assert await stored.is_complete(analysis)
    assert await stored.count("app.user_analysis_history") == 1


@pytest.mark.parametrize("reference", ["history", "document"])
async def test_a_reference_committed_after_the_sweep_chose_its_orphans_saves_its_analysis(
    stored: Stored, database: Database, reference: str
) -> None:
    analysis = await stored.analysis(tests=3)

    async with sweeper(database) as sweeping, sweeping.transaction():
        # The first statement of a batch may return this analysis if the reference is committed while it runs.
        if reference == "history":
            await stored.history(analysis, age=DAY)
        else:
            await stored.document(analysis, age=DAY)
        await sweeping.execute(statement("retention/condemn"), [analysis])

    assert await stored.is_complete(analysis)


async def test_a_reference_made_while_the_sweep_holds_the_analysis_waits_and_finds_it_gone(
    stored: Stored, database: Database
) -> None:
    analysis, user = await stored.analysis(tests=3), await stored.user()
    await hold_up(stored, "update", "app.analyses")
    inserted: list[str] = []

    async def refer(web: Connection) -> None:
        inserted.append(await web.execute(REFER_IF_WHOLE, user, analysis))

    async with sweeper(database) as sweeping, connect(database.url, application="web") as web:
        await stored.connection.execute("select pg_advisory_lock(7)")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sweep_all, sweeping, RULES_OF_TWO)
            await until(waiting_for(stored.connection, "advisory"), what="the sweep holds the analysis")
            tasks.start_soon(refer, web)
            await until(waiting_for(stored.connection, "transactionid", "web"), what="the reference waits")
            await stored.connection.execute("select pg_advisory_unlock(7)")

    assert inserted == ["INSERT 0 0"]
    assert (await stored.count("app.analyses"), await stored.count("app.user_analysis_history")) == (0, 0)


async def test_an_analysis_referred_to_while_it_goes_is_never_taken_from_under_the_reference(
    stored: Stored, sweeping: Sweep
) -> None:
    analysis, user = await stored.analysis(tests=3), await stored.user()
    await stored.connection.execute(statement("retention/condemn"), [analysis])
    await stored.connection.execute(REFER, user, analysis)

    swept = await sweeping()

    assert swept.analyses == 0
    assert (await stored.count("app.user_analysis_history"), await stored.count("app.test_cases")) == (1, 3)


async def test_an_analysis_that_a_job_takes_up_while_it_goes_is_left_to_the_job(
    stored: Stored, database: Database
) -> None:
    # So many, because the sweep's next batch may have the row before the job that waits for it, more than once.
    analysis = await stored.analysis(tests=41)
    job = await stored.connection.fetchval(
        "insert into fleet.job (kind, queue) values ('analyze', 'analysis_default') returning id"
    )
    await hold_up(stored, "delete", "app.test_cases", when="(select count(*) from app.test_cases) = 39")
    left: list[int] = []

    async def take_up(analyzer: Connection) -> None:
        async with analyzer.transaction():
            await analyzer.execute("update app.analyses set job_id = $1, job_token = 1", job)
            left.append(await analyzer.fetchval("select count(*) from app.test_cases"))

    async with sweeper(database) as sweeping, connect(database.url, application="analyzer") as analyzer:
        await stored.connection.execute("select pg_advisory_lock(7)")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sweep_all, sweeping, RULES_OF_TWO)
            await until(waiting_for(stored.connection, "advisory"), what="the sweep has deleted two tests")
            tasks.start_soon(take_up, analyzer)
            await until(waiting_for(stored.connection, "transactionid", "analyzer"), what="the job waits for the row")
            await stored.connection.execute("select pg_advisory_unlock(7)")

    assert await stored.ids("app.analyses") == [analysis]
    assert await stored.count("app.test_cases") == left[0]
    assert 0 < left[0] <= 39


async def test_an_analysis_that_a_job_took_up_after_the_sweep_chose_it_is_left_alone(
    stored: Stored, database: Database
) -> None:
    analysis = await stored.analysis(tests=5)
    await stored.connection.execute(statement("retention/condemn"), [analysis])
    async with sweeper(database) as sweeping:
        chosen = Removal(steps._ANALYSIS, [analysis])
        job = await stored.connection.fetchval(
            "insert into fleet.job (kind, queue) values ('analyze', 'analysis_default') returning id"
        )
        await stored.connection.execute("update app.analyses set job_id = $1, job_token = 1", job)

        removed: list[int] = []
        await chosen.run(Batches(sweeping, RULES_OF_TWO), removed.append)

    assert sum(removed) == 0
    assert await stored.count("app.test_cases") == 5


async def test_history_that_somebody_holds_is_left_for_the_next_run(
    stored: Stored, database: Database, sweeping: Sweep
) -> None:
    await stored.history(await stored.analysis(), age=31 * DAY)
    await stored.history(await stored.analysis(), age=31 * DAY)

    async with connect(database.url, application="web") as web, web.transaction():
        await web.fetch("select from app.user_analysis_history order by user_id limit 1 for update")
        first = await sweeping()
    second = await sweeping()

    assert (first.history, second.history) == (1, 1)
