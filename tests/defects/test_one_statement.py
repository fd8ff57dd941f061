"""Many jobs are one statement where the documents say so, counted by the server and not by the client."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from fleet.db import Connection, Pool
from fleet.queue.context import Context
from fleet.queue.enqueue import declare, enqueue_many
from fleet.testing.database import Database
from tests.defects.at_work import at_work
from tests.queue.kinds import Greet, Unique
from tests.queue.runtime.conftest import Ask

COUNTER = """
    create table statement (event text not null, jobs bigint not null);
    create function note_statement() returns trigger language plpgsql
    as $$ begin insert into public.statement select tg_op, count(*) from touched; return null; end $$;
    create trigger note_insert after insert on fleet.job
    referencing new table as touched for each statement execute function note_statement();
    create trigger note_delete after delete on fleet.job
    referencing old table as touched for each statement execute function note_statement();
"""

Count = Callable[[str], Awaitable[int]]


@pytest.fixture
async def statements(pool: Pool) -> Count:
    """How many statements put jobs into the live ones (INSERT), or took them out (DELETE)."""
    await pool.execute(COUNTER)

    async def count(event: str) -> int:
        return int(await pool.fetchval("select count(*) from statement where event = $1 and jobs > 0", event))

    return count


@pytest.mark.parametrize("kind", [Greet, Unique])
async def test_a_batch_is_put_in_by_one_statement(
    conn: Connection, statements: Count, kind: type[Greet] | type[Unique]
) -> None:
    await declare(conn, [kind])

    queued = await enqueue_many(conn, [kind(name=str(number)) for number in range(200)])

    assert sum(one.inserted for one in queued) == 200
    assert await statements("INSERT") == 1


async def test_jobs_that_end_together_are_finished_together(
    ask: Ask, pool: Pool, database: Database, statements: Count
) -> None:
    all_here, arrived = anyio.Event(), 0

    async def greet(_job: Greet, _: Context) -> None:
        nonlocal arrived
        arrived += 1
        if arrived == 100:
            all_here.set()
        await all_here.wait()

    jobs = [await ask.enqueue(Greet()) for _ in range(100)]
    async with at_work(pool, database.url, greet, slots=100):
        outcomes = {(await ask.finished(job))["outcome"] for job in jobs}

    assert outcomes == {"done"}
    # The first ends go out alone, and all that come in meanwhile follow in one.
    assert await statements("DELETE") <= 3
