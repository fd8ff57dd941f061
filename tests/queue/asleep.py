"""Who is to be woken: nobody is notified of anything on which nobody sleeps."""

from fleet.db import Connection, Pool

# The first number of the locks that sleepers hold; the second one stands for a queue.
SLEEPERS = 7370224

_ASLEEP = """
    select exists (
        select from pg_locks as held
        join pg_database as own on own.oid = held.database and own.datname = current_database()
        where held.locktype = 'advisory' and held.classid = $1 and held.mode = 'ShareLock' and held.granted
    )
"""


async def sleep_on_everything(connection: Connection) -> None:
    """Hold every lock of a sleeper, as long as *connection* is open, so that whatever wakes a queue is notified."""
    await connection.execute(
        "select pg_advisory_lock_shared($1, number) from generate_series(0, 63) as number", SLEEPERS
    )


async def asleep(pool: Pool) -> bool:
    """Whether some worker has said that it sleeps, and is notified from now on."""
    return bool(await pool.fetchval(_ASLEEP, SLEEPERS))
