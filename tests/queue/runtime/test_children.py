"""A handler that enqueues children and finishes its own job in one transaction: both happen, or neither does."""

import anyio

from fleet.db import Pool
from fleet.queue.context import Context
from fleet.queue.enqueue import enqueue, enqueue_many
from tests.queue.kinds import Greet, Greeting
from tests.queue.runtime.conftest import Ask, Working


async def names(pool: Pool) -> list[str]:
    """Every job there is or was, by its argument."""
    rows = await pool.fetch(
        "select args ->> 'name' as name from fleet.job"
        " union all select args ->> 'name' from fleet.job_history order by name"
    )
    return [row["name"] for row in rows]


async def test_children_and_the_end_of_their_parent_appear_together(working: Working, ask: Ask, pool: Pool) -> None:
    seen_before_the_commit: list[str] = []

    async def greet(job: Greet, context: Context) -> None:
        if job.name != "parent":
            return
        async with pool.transaction() as connection:
            await enqueue(connection, Greet(name="first"))
            await enqueue_many(connection, [Greet(name="second"), Greet(name="third")])
            await context.finish(connection, Greeting("three children"))
            seen_before_the_commit.extend(await names(pool))

    async with working(greet):
        parent = await ask.finished(await ask.enqueue(Greet(name="parent")))
        after_the_commit = await names(pool)
        children = [
            await ask.finished(row["id"])
            for row in await pool.fetch(
                "select id from fleet.job union select id from fleet.job_history where args ->> 'name' <> 'parent'"
            )
        ]

    assert seen_before_the_commit == ["parent"]
    assert after_the_commit == ["first", "parent", "second", "third"]
    assert (parent["outcome"], parent["result"]) == ("done", '{"text": "three children"}')
    assert [child["outcome"] for child in children] == ["done"] * 3


async def test_an_error_after_the_finish_takes_children_and_finish_back(working: Working, ask: Ask, pool: Pool) -> None:
    async def greet(job: Greet, context: Context) -> None:
        if job.name != "parent":
            return
        async with pool.transaction() as connection:
            await enqueue_many(connection, [Greet(name=f"child of attempt {context.attempt}")] * 2)
            await context.finish(connection, Greeting("too early"))
            if context.attempt < 3:
                raise ValueError("not yet")

    async with working(greet):
        parent = await ask.enqueue(Greet(name="parent"))
        ended = await ask.finished(parent)

    assert (ended["outcome"], ended["attempt"]) == ("done", 3)
    assert await ask.story(parent) == [("failed", 1, "ValueError"), ("failed", 2, "ValueError")]
    assert await names(pool) == ["child of attempt 3", "child of attempt 3", "parent"]


async def test_one_who_lost_the_job_leaves_no_children(working: Working, ask: Ask, pool: Pool) -> None:
    first_is_in, first_may_go, first_is_out = anyio.Event(), anyio.Event(), anyio.Event()

    async def greet(job: Greet, context: Context) -> None:
        if job.name != "parent":
            return
        try:
            # Deaf to being stopped, as a thread or a frozen process is.
            with anyio.CancelScope(shield=True):
                if context.token == 1:
                    first_is_in.set()
                    await first_may_go.wait()
                async with pool.transaction() as connection:
                    await enqueue(connection, Greet(name=f"child of claim {context.token}"))
                    await context.finish(connection, Greeting("one child"))
        finally:
            if context.token == 1:
                first_is_out.set()

    async with working(greet):
        parent = await ask.enqueue(Greet(name="parent"))
        await first_is_in.wait()
        await pool.execute("select fleet.release(array[$1::bigint], array[1], 'taken away by hand')", parent)
        ended = await ask.finished(parent)
        first_may_go.set()
        await first_is_out.wait()

    assert ended["outcome"] == "done"
    assert await names(pool) == ["child of claim 3", "parent"]
