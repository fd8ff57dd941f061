"""A queue with one kind of job, at noon."""

from collections.abc import AsyncIterator

import pytest

from fleet.db import connect
from fleet.testing.database import Database, Template
from tests.queue.asleep import sleep_on_everything
from tests.queue.sql.listener import Listener
from tests.queue.sql.session import Queue, open_queue

_EMPTY = """
    delete from fleet.job; delete from fleet.worker; delete from fleet.kind; delete from fleet.queue;
    delete from fleet.queue_depth_limit; delete from fleet.key_limit; delete from fleet.key_tier;
    delete from fleet.freed_key; delete from fleet.meter; delete from fleet.retry_budget;
    update fleet.sweep set swept_at = '2000-01-01 00:00Z';
    delete from fleet.job_history; delete from fleet.attempt;
    do $$
    declare
        day regclass;
    begin
        for day in
            select inhrelid::regclass from pg_inherits
            where inhparent in ('fleet.job_history'::regclass, 'fleet.attempt'::regclass)
                and inhrelid::regclass::text !~ '_default$'
        loop
            execute format('drop table %s', day);
        end loop;
    end $$
"""


@pytest.fixture(scope="module")
async def shared(template: Template) -> AsyncIterator[Database]:
    async with template.copy() as database:
        yield database


@pytest.fixture
async def database(shared: Database) -> AsyncIterator[Database]:
    """Emptied after each test, in a tenth of the time that a database of its own takes."""
    yield shared
    async with connect(shared.url, application="fleet-tests") as connection:
        await connection.execute(_EMPTY)


@pytest.fixture
async def queue(database: Database) -> AsyncIterator[Queue]:
    async with open_queue(database.url) as queue:
        await queue.declare("note")
        yield queue


@pytest.fixture
async def listener(database: Database) -> AsyncIterator[Listener]:
    async with connect(database.url, application="fleet-tests") as connection:
        listener = Listener(connection)
        await connection.add_listener("fleet_wake", listener.hear)
        await sleep_on_everything(connection)
        yield listener
        await connection.remove_listener("fleet_wake", listener.hear)
