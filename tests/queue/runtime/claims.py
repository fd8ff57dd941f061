"""How often workers ask for jobs."""

from fleet.db import Connection
from fleet.testing.database import Database
from fleet.testing.until import until


class Claims:
    """Counts the claims in this test's database."""

    def __init__(self, conn: Connection, database: Database) -> None:
        self._conn = conn
        self._database = database

    async def watch(self) -> None:
        """Count from now on: backends that start later report what they call."""
        await self._conn.execute(f'alter database "{self._database.name}" set track_functions = pl')

    async def count(self) -> int:
        # A backend reports at its end, before it leaves the list.
        others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        await self._conn.execute(f"select pg_terminate_backend(pid) {others}")

        async def alone() -> bool:
            return not await self._conn.fetchval(f"select count(*) {others}")

        await until(alone)
        calls = await self._conn.fetchval("select calls from pg_stat_user_functions where funcname = 'claim'")
        return int(calls or 0)
