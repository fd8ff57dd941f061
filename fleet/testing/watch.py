"""Tells a test of every change of a job, so that it need not keep asking."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio

from fleet.config import DatabaseUrl
from fleet.db import Connection, connect

_CHANNEL = "fleet_testing"
# Between two looks while notifications arrive, and when the connection for them was lost: a test may end it.
_LISTENING = timedelta(milliseconds=250)
_DEAF = timedelta(milliseconds=10)

# In the test's own database alone. Which process a worker was outlives the worker's row.
_INSTALL = """
create schema fleet_testing;
create table fleet_testing.worker (id uuid primary key, replica text not null);

create function fleet_testing.tell() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    notify fleet_testing;
    return null;
end
$$;
create trigger tell_test after insert or update or delete on fleet.job
for each statement execute function fleet_testing.tell();

create function fleet_testing.remember() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    insert into fleet_testing.worker (id, replica) values (new.id, new.replica);
    notify fleet_testing;
    return null;
end
$$;
create trigger remember_for_test after insert on fleet.worker
for each row execute function fleet_testing.remember();
"""


class Watch:
    """Waits for the next change of any job or worker of the test's database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = anyio.Event()

    def hear(self) -> None:
        self._changed.set()

    def clear(self) -> None:
        """Forget earlier changes. Clear before looking: the other order loses a change in between."""
        self._changed = anyio.Event()

    async def wait(self) -> bool:
        """Return at the next change, and every now and then, which is False: what is awaited may be no change."""
        pause = _DEAF if self._connection.is_closed() else _LISTENING
        with anyio.move_on_after(pause.total_seconds()):
            await self._changed.wait()
        return self._changed.is_set()


@asynccontextmanager
async def open_watch(url: DatabaseUrl) -> AsyncIterator[Watch]:
    """Watch the database at *url*, once."""
    async with connect(url, application="fleet-watch") as connection:
        await connection.execute(_INSTALL)
        watch = Watch(connection)
        await connection.add_listener(_CHANNEL, lambda *_: watch.hear())
        connection.add_termination_listener(lambda *_: watch.hear())
        yield watch
