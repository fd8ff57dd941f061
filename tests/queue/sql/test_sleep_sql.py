"""Sleep: nobody is notified of what nobody sleeps on, and whoever sleeps is notified of everything."""

from collections.abc import AsyncIterator
from typing import Literal

import pytest

from fleet.db import Connection, connect
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.asleep import SLEEPERS
from tests.queue.sql.listener import Listener
from tests.queue.sql.session import Queue, open_queue

Isolation = Literal["read_committed", "repeatable_read", "serializable"]


@pytest.fixture
async def sleeper(database: Database) -> AsyncIterator[Connection]:
    async with connect(database.url, application="fleet-tests") as connection:
        yield connection


@pytest.fixture
async def listener(database: Database) -> AsyncIterator[Listener]:
    """Hears what is sent without being a reason to send it."""
    async with connect(database.url, application="fleet-tests") as connection:
        listener = Listener(connection)
        await connection.add_listener("fleet_wake", listener.hear)
        yield listener


async def fall_asleep(sleeper: Connection, *queues: str, anew: bool = True) -> bool:
    asleep: bool = await sleeper.fetchval(
        "select fleet.fall_asleep($1, $2)", list(queues), list(queues) if anew else []
    )
    return asleep


async def test_nobody_is_notified_while_nobody_sleeps(queue: Queue, listener: Listener) -> None:
    await queue.add()

    assert await listener.heard() == []


async def test_whoever_sleeps_on_a_queue_is_notified_of_its_jobs_and_of_no_others(
    queue: Queue, sleeper: Connection, listener: Listener
) -> None:
    assert await fall_asleep(sleeper, "notes")

    await queue.add()
    await queue.add(queue="letters")

    assert await listener.heard() == ["notes"]


async def test_whoever_is_awake_again_is_not_notified(queue: Queue, sleeper: Connection, listener: Listener) -> None:
    await fall_asleep(sleeper, "notes", "letters")
    await sleeper.execute("select fleet.stay_awake('{notes}')")

    await queue.add()
    await queue.add(queue="letters")

    assert await listener.heard() == ["letters"]


async def test_a_sleeper_that_is_gone_costs_no_notification(
    queue: Queue, database: Database, listener: Listener
) -> None:
    async with connect(database.url, application="fleet-tests") as sleeper:
        await fall_asleep(sleeper, "notes")
        pid = await sleeper.fetchval("select pg_backend_pid()")

    async def gone() -> bool:
        return not await queue.connection.fetchval("select count(*) from pg_stat_activity where pid = $1", pid)

    await until(gone)

    await queue.add()

    assert await listener.heard() == []


async def test_as_long_as_one_sleeps_it_is_notified_whoever_else_wakes_up(
    queue: Queue, sleeper: Connection, database: Database, listener: Listener
) -> None:
    async with connect(database.url, application="fleet-tests") as other:
        await fall_asleep(sleeper, "notes")
        await fall_asleep(other, "notes")
        await other.execute("select fleet.stay_awake('{notes}')")

    await queue.add()

    assert await listener.heard() == ["notes"]


async def test_nobody_sleeps_before_what_was_added_unseen_can_be_found(
    queue: Queue, sleeper: Connection, listener: Listener
) -> None:
    transaction = queue.connection.transaction()
    await transaction.start()
    job = await queue.add()

    assert not await fall_asleep(sleeper, "notes")
    await transaction.commit()
    assert await fall_asleep(sleeper, "notes", anew=False)

    assert await sleeper.fetchval("select id from fleet.job") == job
    assert await listener.heard() == []


async def test_what_was_added_unseen_and_rolled_back_keeps_nobody_awake(queue: Queue, sleeper: Connection) -> None:
    transaction = queue.connection.transaction()
    await transaction.start()
    await queue.add()
    await transaction.rollback()

    assert await fall_asleep(sleeper, "notes")


async def test_what_is_added_elsewhere_keeps_nobody_awake(queue: Queue, sleeper: Connection) -> None:
    async with queue.connection.transaction():
        await queue.add(queue="letters")

        assert await fall_asleep(sleeper, "notes")


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read", "serializable"])
async def test_a_transaction_that_began_before_notifies_whoever_slept_when_it_added(
    queue: Queue, sleeper: Connection, listener: Listener, isolation: Isolation
) -> None:
    async with queue.connection.transaction(isolation=isolation):
        await queue.connection.fetchval("select count(*) from fleet.job")
        assert await fall_asleep(sleeper, "notes")
        await queue.add()

    assert await listener.heard() == ["notes"]


async def test_a_transaction_that_adds_before_and_after_somebody_fell_asleep_notifies(
    queue: Queue, sleeper: Connection, listener: Listener
) -> None:
    async with queue.connection.transaction():
        await queue.add()
        assert not await fall_asleep(sleeper, "notes")
        await queue.add()

    assert await listener.heard() == ["notes"]


async def test_what_is_added_in_the_moment_of_falling_asleep_notifies(
    queue: Queue, sleeper: Connection, listener: Listener
) -> None:
    async with sleeper.transaction():
        assert await fall_asleep(sleeper, "notes")
        # As if it slept only from after this moment on.
        await sleeper.execute("select fleet.stay_awake('{notes}')")
        await queue.add()

    assert await listener.heard() == ["notes"]


async def test_who_looks_whether_somebody_sleeps_holds_up_nobody(
    queue: Queue, sleeper: Connection, database: Database
) -> None:
    async with open_queue(database.url) as other, queue.connection.transaction():
        await queue.add()
        await other.add()

        assert await sleeper.fetchval("select pg_try_advisory_lock_shared($1, hashtext('notes') & 63)", SLEEPERS)


async def test_a_worker_that_does_not_say_when_it_sleeps_is_notified_of_everything(
    queue: Queue, listener: Listener
) -> None:
    await queue.connection.execute(
        "select fleet.register_worker(gen_random_uuid(), 'analyzer', 'r1', 'v1', 1, '{notes}', '{note}', '1 minute')"
    )

    await queue.add()
    await queue.add(queue="letters")

    assert await listener.heard() == ["notes"]


async def test_a_worker_that_says_when_it_sleeps_is_not_notified_while_it_does_not(
    queue: Queue, listener: Listener
) -> None:
    await queue.connection.execute(
        "select fleet.register_worker(gen_random_uuid(), 'analyzer', 'r1', 'v1', 1, '{notes}', '{note}', '1 minute',"
        " says_when_it_sleeps => true)"
    )

    await queue.add()

    assert await listener.heard() == []
