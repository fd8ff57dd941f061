"""The connection to PostgreSQL: the only importer of asyncpg.

Every wait on the server is bounded: a half-open socket otherwise wedges a pool for good.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import anyio
import asyncpg
import msgspec
from asyncpg import exceptions as driver
from asyncpg.pool import PoolConnectionProxy

from fleet.config import Secret
from fleet.errors import DatabaseUnavailable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record

CONNECT_LIMIT = timedelta(seconds=10)
COMMAND_LIMIT = timedelta(seconds=30)
RELEASE_LIMIT = timedelta(seconds=1)
CLOSE_LIMIT = timedelta(seconds=1)

_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})

# What a caller may see when the server goes away in the middle of a call.
ConnectionFailure = (
    driver.PostgresConnectionError,
    driver.InterfaceError,
    # What the driver says when the server ends the connection between two messages of one call.
    driver.InternalClientError,
    driver.CannotConnectNowError,
    driver.AdminShutdownError,
    driver.CrashShutdownError,
    driver.TooManyConnectionsError,
    driver.IdleInTransactionSessionTimeoutError,
    driver.ReadOnlySQLTransactionError,
    ConnectionError,
    TimeoutError,
    OSError,
)
ServerError = driver.PostgresError
UniqueViolation = driver.UniqueViolationError
LockNotAvailable = driver.LockNotAvailableError
Deadlock = driver.DeadlockDetectedError
QueryCanceled = driver.QueryCanceledError
InsufficientPrivilege = driver.InsufficientPrivilegeError
# A value that PostgreSQL or the driver refuses to store: the fault of the value, not of the server.
RefusedValue = (driver.DataError, driver.IntegrityConstraintViolationError, driver.ProgramLimitExceededError)


class Connect(Protocol):
    """How a connection of one's own is opened: connect, or what stands in for it."""

    def __call__(self, url: Secret, *, application: str) -> AbstractAsyncContextManager[Connection]: ...


if TYPE_CHECKING:
    _DriverConnection = asyncpg.Connection[asyncpg.Record]
else:
    # It takes its parameter in the stubs only.
    _DriverConnection = asyncpg.Connection


class _Connection(_DriverConnection):
    """One of a pool: reset when it is given back, unless whoever had it knows that its session is as it was."""

    _is_tidy = False

    def leave_nothing(self) -> None:
        """Promise that nothing of the session is changed before it is given back."""
        self._is_tidy = True

    def get_reset_query(self) -> str:
        # Asked for once each time it is given back.
        is_tidy, self._is_tidy = self._is_tidy, False
        return "" if is_tidy else str(super().get_reset_query())


class Usage(msgspec.Struct, frozen=True):
    """How many connections a pool may have, and how many it has."""

    size: int
    used: int
    idle: int

    def by_state(self) -> tuple[tuple[str, int], ...]:
        return ("used", self.used), ("idle", self.idle)


class Pool:
    """A bounded pool whose every acquire has a time limit."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        connection = await self._pool.acquire(timeout=CONNECT_LIMIT.total_seconds())
        try:
            yield connection
        except TimeoutError:
            # Where one connection has gone silent the others have as well, and each would cost a wait of its own.
            await self._pool.expire_connections()
            raise
        finally:
            # Giving a connection back asks the server; one that does not answer costs the connection, which the pool
            # has closed by then, and not what was done with it.
            with anyio.CancelScope(shield=True), suppress(*ConnectionFailure):
                await self._pool.release(connection, timeout=RELEASE_LIMIT.total_seconds())

    def usage(self) -> Usage:
        idle = self._pool.get_idle_size()
        return Usage(size=self._pool.get_max_size(), used=self._pool.get_size() - idle, idle=idle)

    def tidy(self) -> "Pool":
        """Return the same pool, for statements that leave nothing behind in a session: no reset follows them."""
        return _TidyPool(self._pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self.acquire() as connection, connection.transaction():
            yield connection

    async def fetch(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> list[Row]:
        async with self.acquire() as connection:
            return await connection.fetch(query, *arguments, timeout=limit.total_seconds())

    async def fetchrow(self, query: str, *arguments: object) -> Row | None:
        async with self.acquire() as connection:
            return await connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchval(query, *arguments, timeout=limit.total_seconds())

    async def execute(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> str:
        async with self.acquire() as connection:
            return await connection.execute(query, *arguments, timeout=limit.total_seconds())


class _TidyPool(Pool):
    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        async with super().acquire() as connection:
            cast("_Connection", connection).leave_nothing()
            yield connection


@asynccontextmanager
async def open_pool(
    url: Secret, *, application: str, size: int, settings: Mapping[str, str] = _NO_SETTINGS
) -> AsyncIterator[Pool]:
    """Open at most *size* connections, each when it is first needed; the server need not be there yet.

    *settings* are the server's, for each session; a pooler in between may refuse them.
    """
    pool = await asyncpg.create_pool(
        url.reveal(),
        min_size=0,
        max_size=size,
        timeout=CONNECT_LIMIT.total_seconds(),
        command_timeout=COMMAND_LIMIT.total_seconds(),
        server_settings={"application_name": application, **settings},
        connection_class=_Connection,
    )
    try:
        yield Pool(pool)
    finally:
        with anyio.move_on_after(CLOSE_LIMIT.total_seconds(), shield=True) as closing:
            await pool.close()
        if closing.cancelled_caught:
            pool.terminate()


@asynccontextmanager
async def connect(url: Secret, *, application: str) -> AsyncIterator[Connection]:
    """Open one connection of its own, for LISTEN, locks and short scripts."""
    try:
        connection = await asyncpg.connect(
            url.reveal(),
            timeout=CONNECT_LIMIT.total_seconds(),
            command_timeout=COMMAND_LIMIT.total_seconds(),
            server_settings={"application_name": application},
        )
    except _connect_failures() as failure:
        raise _unavailable(failure) from None
    try:
        yield connection
    finally:
        with anyio.CancelScope(shield=True):
            # asyncpg bounds this itself: it aborts the connection when the limit passes.
            try:
                await connection.close(timeout=CLOSE_LIMIT.total_seconds())
            except ConnectionFailure:
                connection.terminate()


def _connect_failures() -> tuple[type[BaseException], ...]:
    return (
        *ConnectionFailure,
        driver.InvalidAuthorizationSpecificationError,
        driver.InvalidCatalogNameError,
        ValueError,
    )


def _unavailable(failure: BaseException) -> DatabaseUnavailable:
    # The driver's text can hold the URL, so only its class is passed on.
    return DatabaseUnavailable("cannot connect to PostgreSQL", reason=type(failure).__name__)
