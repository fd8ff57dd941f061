"""What befalls the server, and what hands do at a psql prompt."""

import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic

import anyio

from benchmarks.nemesis.faults import MISSED
from benchmarks.nemesis.history import Hit
from benchmarks.nemesis.schedule import Fault
from benchmarks.nemesis.server import LastingServer
from fleet.db import Connection, ConnectionFailure, RefusedValue, ServerError, connect
from fleet.errors import DatabaseUnavailable
from fleet.testing.until import until

# Of this kind are jobs that nobody serves; they wait for ever, and keep nobody else waiting.
NOBODYS = "nemesis_nobody"
_NOISE = ("garbage", "", "[]", "{}", "null", "0", "x" * 7999, "'; drop table fleet.job; --", "\u202e␀")
# By which columns a row is typed, and with what values; some are refused, none may do harm.
_ROWS = (
    "insert into fleet.job (kind, queue) values ('nemesis_work', 'nemesis') returning id",
    """insert into fleet.job (kind, queue, args)
        values ('nemesis_work', 'nemesis', '{"mark": "hand", "act": []}') returning id""",
    """insert into fleet.job (kind, queue, priority, args, attempt, token)
        values ('nemesis_single', 'nemesis', -32768, '{"$v": 99}', 2, 999999999) returning id""",
    "insert into fleet.job (kind, queue, priority) values ('nemesis_nobody', 'nemesis', -32768) returning id",
    "insert into fleet.job (kind, queue, run_at) values ('nemesis_work', 'nemesis', '4714-11-24 BC') returning id",
    "insert into fleet.job (kind, queue, run_at) values ('nemesis_work', 'nemesis', 'infinity') returning id",
    "insert into fleet.job (kind, queue, args) values ('nemesis_work', 'nemesis', '[]') returning id",
    "insert into fleet.job (kind, queue, state) values ('nemesis_work', 'nemesis', 'running') returning id",
)
_RECOVERED = timedelta(seconds=30)


class OnServer:
    """Faults on all at once; *by_hand*, *typed* and *cancelled* say which jobs had to do with a hand."""

    # The server comes back by itself.
    ended = False

    def __init__(self, server: LastingServer, lease: timedelta) -> None:
        self.by_hand: list[tuple[int, int]] = []
        self.typed: list[int] = []
        self.cancelled: list[int] = []
        self._server = server
        self._lease = lease

    async def inflict(self, fault: Fault) -> Hit:
        """Let *fault* happen and pass; returns what came of it."""
        began = monotonic()
        missed = False
        try:
            if fault.kind == "restart":
                await self._server.restart_at_once()
            else:
                async with connect(self._server.url, application="nemesis-hand") as connection:
                    await self._do[fault.kind](self, connection, fault.leases)
        except (*MISSED, DatabaseUnavailable):
            missed = True
        return Hit(kind=fault.kind, began=began, ended=monotonic(), missed=missed)

    async def _crash(self, connection: Connection, _leases: float) -> None:
        """Kill one process of the server, upon which it ends them all and recovers from its log."""
        victim = await connection.fetchval(
            "select pid from pg_stat_activity where application_name = 'fleet-testing' order by pid limit 1"
        )
        if victim is None:
            raise AssertionError("no worker is connected")
        os.kill(victim, signal.SIGKILL)

        async def recovered() -> bool:
            try:
                async with connect(self._server.url, application="nemesis-hand") as again:
                    return bool(await again.fetchval("select true"))
            except (*ConnectionFailure, ServerError, DatabaseUnavailable):
                return False

        async def gone() -> bool:
            return connection.is_closed()

        await until(gone, what="the server has dropped its connections")
        await until(recovered, within=_RECOVERED, what="the server has recovered")

    async def _clock_forward(self, connection: Connection, leases: float) -> None:
        await self._jump(connection, self._lease * (1 + leases))

    async def _clock_back(self, connection: Connection, leases: float) -> None:
        await self._jump(connection, -self._lease * leases)

    @staticmethod
    async def _jump(connection: Connection, by: timedelta) -> None:
        """Do to all moments that lie ahead what a jump of the server's clock does to them: they come nearer, or go."""
        async with connection.transaction():
            leases = await connection.execute("update fleet.worker set lease_until = lease_until - $1::interval", by)
            await connection.execute(
                "update fleet.job set run_at = run_at - $1::interval where id in"
                " (select id from fleet.job where state = 'scheduled' order by id for update skip locked)",
                by,
            )
        if leases == "UPDATE 0":
            raise AssertionError("nobody had a lease")

    async def _lock_table(self, connection: Connection, leases: float) -> None:
        async with connection.transaction():
            await connection.execute("set local lock_timeout = '5 s'")
            await connection.execute("lock table fleet.job in access exclusive mode")
            await anyio.sleep(min(leases, 1.0))

    async def _bad_notifications(self, connection: Connection, _leases: float) -> None:
        for channel in ("fleet_wake", "fleet_cancel", "fleet_ended"):
            for noise in _NOISE:
                await connection.execute("select pg_notify($1, $2)", channel, noise)

    async def _bad_rows(self, connection: Connection, _leases: float) -> None:
        for row in _ROWS:
            try:
                self.typed.append(await connection.fetchval(row))
            except RefusedValue:
                continue

    async def _cancel(self, connection: Connection, _leases: float) -> None:
        rows = await connection.fetch("select id from fleet.job where kind <> $1 order by random() limit 3", NOBODYS)
        ids = [row["id"] for row in rows]
        if not ids:
            raise AssertionError("there is nothing to cancel")
        self.cancelled += ids
        await connection.execute("select fleet.cancel($1, reason => 'somebody changed their mind')", ids)

    async def _take_by_hand(self, connection: Connection, _leases: float) -> None:
        async with connection.transaction():
            row = await connection.fetchrow(
                "select id, token from fleet.job where state = 'running' and attempt < max_attempts"
                " order by random() limit 1 for update skip locked"
            )
            if row is None:
                raise AssertionError("nothing is running")
            self.by_hand.append((row["id"], row["token"]))
            await connection.execute(
                "update fleet.job set state = 'ready', worker = null, claimed_at = null where id = $1", row["id"]
            )

    _do: dict[str, Callable[["OnServer", Connection, float], Awaitable[None]]] = {  # noqa: RUF012  # a table of its methods
        "crash": _crash,
        "clock_forward": _clock_forward,
        "clock_back": _clock_back,
        "lock_table": _lock_table,
        "bad_notifications": _bad_notifications,
        "bad_rows": _bad_rows,
        "cancel": _cancel,
        "take_by_hand": _take_by_hand,
    }
