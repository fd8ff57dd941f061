"""The scope of a unique key: with `waiting`, one may wait while another runs."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Literal

import anyio
import pytest

from fleet.db import Row, UniqueViolation
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, Queue, open_queue

HOUR = timedelta(hours=1)

Ending = Callable[[Queue, Row], Awaitable[object]]


async def _fail(queue: Queue, claim: Row) -> None:
    await queue.fail(claim, delay=timedelta(seconds=5))


async def _fail_at_once(queue: Queue, claim: Row) -> None:
    await queue.fail(claim, delay=timedelta(0))


async def _snooze(queue: Queue, claim: Row) -> None:
    await queue.snooze(claim)


async def _release(queue: Queue, claim: Row) -> None:
    await queue.release(claim)


async def _lose(queue: Queue, _claim: Row) -> None:
    await queue.advance(LEASE)
    assert await queue.rescue() == 1


GOING_BACK = [_fail, _fail_at_once, _snooze, _release, _lose]


async def scope(queue: Queue, job: int) -> str | None:
    live = await queue.live(job)
    assert live is not None
    return live["unique_scope"] and str(live["unique_scope"])


async def release_beside_one_whose_key_is_taken(queue: Queue, *claims: Row) -> None:
    taken = await queue.claimed(unique_key="taken")
    await queue.add(unique_key="taken")
    await queue.release(*claims, taken)
    assert await scope(queue, taken["id"]) is None


@pytest.fixture
async def queue(queue: Queue) -> Queue:
    await queue.declare("note", unique_scope="waiting")
    return queue


@pytest.mark.parametrize("delay", [None, timedelta(hours=1)])
async def test_a_key_is_taken_while_its_job_waits(queue: Queue, delay: timedelta | None) -> None:
    job = await queue.add(unique_key="k", delay=delay)

    again = await queue.enqueue(unique_key="k")

    assert (again["id"], again["inserted"]) == (job, False)


async def test_keys_of_different_kinds_do_not_meet(queue: Queue) -> None:
    await queue.declare("page", unique_scope="waiting")
    jobs = {kind: await queue.add(kind, unique_key="k") for kind in ("note", "page")}

    assert jobs["note"] != jobs["page"]
    assert {kind: await queue.add(kind, unique_key="k") for kind in jobs} == jobs


async def test_while_a_job_runs_one_more_may_wait(queue: Queue) -> None:
    running = await queue.claimed(unique_key="k")

    waiting = await queue.enqueue(unique_key="k")
    third = await queue.enqueue(unique_key="k")

    assert waiting["inserted"]
    assert waiting["id"] != running["id"]
    assert (third["id"], third["inserted"]) == (waiting["id"], False)


async def test_jobs_of_one_key_may_run_at_once(queue: Queue) -> None:
    first = await queue.claimed(unique_key="k")
    second = await queue.claimed(unique_key="k")

    assert await queue.finish(first, second) == [first["id"], second["id"]]


@pytest.mark.parametrize("go_back", GOING_BACK)
async def test_a_job_that_goes_back_alone_keeps_its_key(queue: Queue, go_back: Ending) -> None:
    claim = await queue.claimed(unique_key="k")

    await go_back(queue, claim)

    again = await queue.enqueue(unique_key="k")
    assert (again["id"], again["inserted"]) == (claim["id"], False)


@pytest.mark.parametrize("go_back", GOING_BACK)
async def test_a_job_that_goes_back_while_another_waits_gives_its_key_up_and_both_run(
    queue: Queue, go_back: Ending
) -> None:
    claim = await queue.claimed(unique_key="k")
    waiting = await queue.add(unique_key="k", args='{"newer": true}')

    await go_back(queue, claim)

    assert (await queue.enqueue(unique_key="k"))["id"] == waiting
    live = await queue.live(claim["id"])
    assert live is not None
    assert (live["unique_key"], live["unique_scope"], live["args"]) == ("k", None, "{}")
    await queue.advance(timedelta(minutes=1))
    again = await queue.claim(await queue.worker(), 5)
    assert sorted(row["id"] for row in again) == [claim["id"], waiting]
    assert sorted(await queue.finish(*again)) == [claim["id"], waiting]


async def test_a_key_that_was_given_up_stays_so(queue: Queue) -> None:
    claim = await queue.claimed(unique_key="k")
    waiting = await queue.add(unique_key="k")
    await queue.release(claim)
    worker = await queue.worker()

    (again,) = await queue.claim(worker)
    await queue.release(again)

    assert again["id"] == claim["id"]
    assert (await queue.enqueue(unique_key="k"))["id"] == waiting


async def test_of_two_running_jobs_that_go_back_together_the_newer_keeps_the_key(queue: Queue) -> None:
    older = await queue.claimed(unique_key="k")
    newer = await queue.claimed(unique_key="k")
    other = await queue.claimed(unique_key="other")

    assert sorted(await queue.release(older, newer, other)) == [older["id"], newer["id"], other["id"]]

    assert (await queue.enqueue(unique_key="k"))["id"] == newer["id"]
    assert (await queue.enqueue(unique_key="other"))["id"] == other["id"]


async def test_only_the_job_whose_key_is_taken_gives_it_up(queue: Queue) -> None:
    claims = [await queue.claimed(unique_key=key) for key in ("a", "b", "c")]
    waiting = await queue.add(unique_key="b")

    await queue.release(*claims)

    assert [(await queue.enqueue(unique_key=key))["id"] for key in ("a", "b", "c")] == [
        claims[0]["id"],
        waiting,
        claims[2]["id"],
    ]


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read"])
async def test_a_job_that_goes_back_while_its_key_is_being_taken_is_not_refused(
    queue: Queue, database: Database, isolation: Literal["read_committed", "repeatable_read"]
) -> None:
    claim = await queue.claimed(unique_key="k")
    async with (
        open_queue(database.url) as producer,
        open_queue(database.url) as worker,
        anyio.create_task_group() as tasks,
    ):

        async def fail() -> None:
            async with worker.connection.transaction(isolation=isolation):
                await worker.connection.fetchval("select count(*) from fleet.job")
                begun.set()
                await worker.fail(claim, delay=timedelta(seconds=5))

        begun = anyio.Event()
        async with producer.connection.transaction():
            waiting = await producer.add(unique_key="k")
            tasks.start_soon(fail)
            await begun.wait()
            await until(partial(queue.is_waiting, worker))

    assert await queue.state(claim["id"]) == "scheduled"
    assert (await queue.enqueue(unique_key="k"))["id"] == waiting


async def test_a_job_that_goes_back_keeps_its_key_when_the_one_that_takes_it_rolls_back(
    queue: Queue, database: Database
) -> None:
    claim = await queue.claimed(unique_key="k")
    async with (
        open_queue(database.url) as producer,
        open_queue(database.url) as worker,
        anyio.create_task_group() as tasks,
    ):
        transaction = producer.connection.transaction()
        await transaction.start()
        await producer.add(unique_key="k")
        tasks.start_soon(worker.release, claim)
        await until(partial(queue.is_waiting, worker))
        await transaction.rollback()

    assert (await queue.enqueue(unique_key="k"))["id"] == claim["id"]


async def test_the_table_itself_refuses_a_second_waiting_job_with_the_key(queue: Queue) -> None:
    await queue.add(unique_key="k")

    with pytest.raises(UniqueViolation):
        await queue.connection.execute(
            "insert into fleet.job (kind, queue, unique_key, unique_scope) values ('note', 'notes', 'k', 'waiting')"
        )


async def test_jobs_that_wait_already_keep_the_scope_they_were_enqueued_with(queue: Queue) -> None:
    waiting = await queue.claimed(unique_key="k")
    await queue.declare("note", unique_scope="active")
    active = await queue.add(unique_key="k")

    await queue.release(waiting)

    assert (await queue.enqueue(unique_key="k"))["id"] == active
    assert await queue.state(waiting["id"]) == "ready"


@pytest.mark.parametrize(("first", "then"), [("waiting", "active"), ("active", "waiting")])
async def test_what_has_the_key_is_the_job_of_the_scope_that_the_kind_has(queue: Queue, first: str, then: str) -> None:
    await queue.declare("note", unique_scope=first)
    other = await queue.add(unique_key="k")
    await queue.declare("note", unique_scope=then)
    job = await queue.add(unique_key="k")

    for mode in ("skip", "replace"):
        again = await queue.enqueue(args='{"new": 1}', unique_key="k", on_conflict=mode)
        assert (again["id"], again["inserted"]) == (job, False)

    untouched = await queue.live(other)
    assert untouched is not None
    assert untouched["args"] == "{}"


async def test_a_job_of_the_scope_active_keeps_its_key_when_it_goes_back_with_one_whose_key_is_taken(
    queue: Queue,
) -> None:
    await queue.declare("note", unique_scope="active")
    active = await queue.claimed(unique_key="a")
    await queue.declare("note", unique_scope="waiting")
    await queue.add(unique_key="a", delay=timedelta(hours=1))
    running = await queue.claimed(unique_key="b")
    await queue.add(unique_key="b")

    await queue.release(active, running)

    live = await queue.live(active["id"])
    assert live is not None
    assert live["unique_scope"] == "active"


ELSEWHERE = pytest.mark.parametrize(("kind", "scope_of_it"), [("other", "waiting"), ("note", "active")])


@ELSEWHERE
async def test_a_key_under_which_one_of_another_kind_or_scope_waits_is_kept(
    queue: Queue, kind: str, scope_of_it: str
) -> None:
    await queue.declare(kind, unique_scope=scope_of_it)
    await queue.add(kind, unique_key="k", delay=HOUR)
    await queue.declare("note", unique_scope="waiting")
    claim = await queue.claimed(unique_key="k")

    await release_beside_one_whose_key_is_taken(queue, claim)

    assert await scope(queue, claim["id"]) == "waiting"


@ELSEWHERE
async def test_a_key_with_which_a_newer_one_of_another_kind_or_scope_goes_back_is_kept(
    queue: Queue, kind: str, scope_of_it: str
) -> None:
    claim = await queue.claimed(unique_key="k")
    await queue.declare(kind, unique_scope=scope_of_it)
    await queue.add(kind, unique_key="k")
    (newer,) = await queue.claim(await queue.worker(), kinds=[kind])
    await queue.declare("note", unique_scope="waiting")

    await release_beside_one_whose_key_is_taken(queue, claim, newer)

    assert await scope(queue, claim["id"]) == "waiting"


async def test_a_key_is_kept_while_the_newer_one_that_has_it_runs_on(queue: Queue) -> None:
    claim = await queue.claimed(unique_key="k")
    await queue.claimed(unique_key="k")

    await release_beside_one_whose_key_is_taken(queue, claim)

    assert await scope(queue, claim["id"]) == "waiting"


async def test_while_nobody_is_seen_to_wait_all_that_go_back_with_a_waiting_key_give_it_up(queue: Queue) -> None:
    keyed, keyless, stays = [await queue.claimed(unique_key=key) for key in ("a", None, "b")]
    await queue.declare("note", unique_scope="active")
    active = await queue.claimed(unique_key="a")

    given_up = await queue.connection.fetchval(
        "select fleet.give_up_keys($1)", [claim["id"] for claim in (keyed, keyless, active)]
    )

    assert given_up == 1
    scopes = [await scope(queue, claim["id"]) for claim in (keyed, keyless, stays, active)]
    assert scopes == [None, "waiting", "waiting", "active"]
