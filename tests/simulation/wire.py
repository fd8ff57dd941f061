"""What stands where asyncpg would: a pool and connections whose every call has the fate that the weather gives it."""

import asyncio
import contextvars
import re
from asyncio import Future
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import anyio
import msgspec

from fleet.config import Secret
from fleet.db import COMMAND_LIMIT, Connection, Pool, Row, ServerError
from fleet.errors import DatabaseUnavailable
from tests.simulation.controls import Database
from tests.simulation.loop import LIFE, Life, SimulatedLoop
from tests.simulation.memory import NoLease
from tests.simulation.weather import Fate, Weather

_FUNCTION = re.compile(r"(?:fleet\.|pg_)(\w+)\(")
# Beyond every limit that a caller has.
_NEVER = 40.0
_NO_LEASE = {"S": "ERROR", "C": "FL003", "M": "the worker has no lease"}

# Function, arguments, answer: called after each call that reached the database.
Executed = Callable[[str, tuple[Any, ...], Any], None]
Sent = Callable[[str, tuple[Any, ...], Life | None], None]
Record = Callable[..., None]


def function_of(query: str) -> str:
    """Return the function that a statement of the worker calls; each calls one."""
    found = _FUNCTION.search(query)
    assert found is not None, query
    return found[1]


def answer_of(database: Database, function: str, arguments: tuple[Any, ...]) -> Any:
    """Call a function; raises what the driver would."""
    if function == "notify":
        database.outbox[arguments[0], ""] = None
        return None
    try:
        return getattr(database, function)(*arguments)
    except NoLease:
        raise ServerError.new(_NO_LEASE) from None


class _Call(msgspec.Struct, kw_only=True, eq=False):
    """One call under way; *life* made it, and *caller* is the context in which it hears the answer."""

    function: str
    arguments: tuple[Any, ...]
    also: Callable[[Any], None] | None
    life: Life | None
    fate: Fate
    caller: contextvars.Context
    answer: "Future[Any]"


class Wire:
    """Between the processes and the database."""

    def __init__(
        self, loop: SimulatedLoop, database: Database, weather: Weather, sent: Sent, executed: Executed, record: Record
    ) -> None:
        self.loop = loop
        # The trust in a lease begins with the last renewal that the worker knows of.
        self.trusted_from: dict[UUID, float] = {}
        self.away_until = 0.0
        self.cut_off: dict[str, float] = {}
        self.at_an_end = False
        # What lasts for ever lasts until then.
        self.the_end = asyncio.Event()
        self._database = database
        self._weather = weather
        self._sent = sent
        self._executed = executed
        self._record = record
        self._connections: list[SimulatedConnection] = []
        self._nobody = contextvars.copy_context()

    def take_away(self, seconds: float) -> None:
        """Let the database be away for so long: who is connected is told, who calls is refused."""
        self.away_until = self.loop.time() + seconds
        for connection in self._connections:
            connection.cut()
        self._connections.clear()

    @property
    def loses_wakes(self) -> bool:
        return self._weather.wakes_lost

    def sleeps_on(self, queue: str) -> bool:
        """Whether some connection holds the lock that says so; one that is merely cut off still does."""
        return any(connection.asleep[queue] for connection in self._connections)

    def is_cut_off(self, life: Life | None) -> bool:
        return life is not None and self.cut_off.get(life.name, 0.0) > self.loop.time()

    async def call(
        self,
        function: str,
        arguments: tuple[Any, ...],
        limit: timedelta = COMMAND_LIMIT,
        also: Callable[[Any], None] | None = None,
    ) -> Any:
        """Call a function across the wire; *also* happens in the same transaction, given the answer."""
        life, sent_at = LIFE.get(), self.loop.time()
        if self.at_an_end:
            raise ConnectionResetError
        self._sent(function, arguments, life)
        call = _Call(
            function=function,
            arguments=arguments,
            also=also,
            life=life,
            fate=self._weather.fate(function, sent_at, cut_off=self.is_cut_off(life)),
            caller=contextvars.copy_context(),
            answer=self.loop.create_future(),
        )
        fate = call.fate
        if fate.arrives:
            self.loop.call_later(fate.there, self._execute, call, context=self._nobody)
        if not (fate.arrives and fate.answers):
            self._record("wire", f"{function}: {'answer' if fate.arrives else 'request'} lost", life)
            self._reply(call, fate.error, TimeoutError() if fate.error > 1 else ConnectionResetError())
        with anyio.fail_after(limit.total_seconds()):
            result = await call.answer
        if function == "register_worker" or (function == "renew_lease" and result):
            self.trusted_from[arguments[0]] = sent_at
        return result

    def _execute(self, call: "_Call") -> None:
        """What the server does with a call that has reached it."""
        if self.is_cut_off(call.life):
            self._reply(call, _NEVER, TimeoutError())
            return
        if self.loop.time() < self.away_until:
            self._reply(call, 0.01, ConnectionRefusedError())
            return
        # A caller that no longer waits has asked the server to stop, which may have come in time.
        if call.answer.cancelled() and self._weather.random.random() < 0.5:
            return
        try:
            result = answer_of(self._database, call.function, call.arguments)
        except ServerError as refusal:
            self._reply(call, call.fate.back, refusal)
            return
        if call.also is not None:
            call.also(result)
        self._executed(call.function, call.arguments, result)
        self.send_notices()
        if call.fate.answers and not self.is_cut_off(call.life):
            self._reply(call, call.fate.back, result)

    def _reply(self, call: "_Call", after: float, reply: object) -> None:
        def arrive() -> None:
            if call.answer.done():
                return
            if isinstance(reply, BaseException):
                call.answer.set_exception(reply)
            else:
                call.answer.set_result(reply)

        self.loop.call_later(after, arrive, context=call.caller)

    def send_notices(self) -> None:
        """Send what the last transaction notified about, to each connection by itself."""
        for channel, payload in self._database.take_outbox():
            for connection in self._connections:
                if channel not in connection.heard_on or self.is_cut_off(connection.life):
                    continue
                for delay in self._weather.notices(channel, self.loop.time()):
                    connection.hear_after(delay, channel, payload)

    @asynccontextmanager
    async def connect(self, url: Secret, *, application: str) -> AsyncIterator[Connection]:
        """Stand in for fleet.db.connect."""
        del url, application
        try:
            await self.call("held_by", (UUID(int=0),))
        except (OSError, TimeoutError) as failure:
            raise DatabaseUnavailable("cannot connect to PostgreSQL", reason=type(failure).__name__) from None
        connection = SimulatedConnection(self)
        self._connections.append(connection)
        try:
            yield cast("Connection", connection)
        finally:
            if connection in self._connections:
                self._connections.remove(connection)


class SimulatedPool(Pool):
    """A pool that never runs out."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def tidy(self) -> Pool:
        return self

    async def fetch(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> list[Row]:
        return rows_of(await self._wire.call(function_of(query), arguments, limit))

    async def fetchval(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> Any:
        return await self._wire.call(function_of(query), arguments, limit)

    async def execute(self, query: str, *arguments: object, limit: timedelta = COMMAND_LIMIT) -> str:
        await self._wire.call(function_of(query), arguments, limit)
        return "SELECT 1"


class SimulatedConnection:
    """A connection of one's own, for LISTEN and for the lease."""

    def __init__(self, wire: Wire) -> None:
        self.life = LIFE.get()
        self.heard_on: dict[str, Callable[..., None]] = {}
        self._wire = wire
        self._context = contextvars.copy_context()
        self._ended: list[Callable[..., None]] = []
        self._is_cut = False
        self.asleep = Counter[str]()

    async def fetchval(self, query: str, *arguments: object) -> Any:
        return await self._call(function_of(query), arguments)

    async def execute(self, query: str, *arguments: object) -> str:
        await self._call(function_of(query), arguments)
        return "SELECT 1"

    async def _call(self, function: str, arguments: tuple[Any, ...]) -> Any:
        if self._is_cut:
            raise ConnectionResetError

        def hold(_answer: Any) -> None:
            if function == "fall_asleep":
                self.asleep.update(arguments[1])
            elif function == "stay_awake":
                self.asleep.subtract(arguments[0])

        return await self._wire.call(function, arguments, also=hold)

    async def add_listener(self, channel: str, hear: Callable[..., None]) -> None:
        await self._call("held_by", (UUID(int=0),))
        self.heard_on[channel] = hear

    def add_termination_listener(self, ended: Callable[..., None]) -> None:
        self._ended.append(ended)

    def hear_after(self, delay: float, channel: str, payload: str) -> None:
        hear = self.heard_on[channel]
        self._wire.loop.call_later(delay, hear, self, 0, channel, payload, context=self._context)

    def cut(self) -> None:
        self._is_cut = True
        for ended in self._ended:
            self._wire.loop.call_soon(ended, self, context=self._context)


class Transaction:
    """A handler's own transaction, of which the completion of its job is all there is."""

    def __init__(self, wire: Wire, commit: Callable[[Any], None]) -> None:
        self._wire = wire
        self._commit = commit

    async def fetch(self, query: str, *arguments: object) -> list[Row]:
        return rows_of(await self._wire.call(function_of(query), arguments, also=self._commit))


def rows_of(answer: Any) -> list[Row]:
    """Return the answer of a function as the rows of the statement that called it."""
    return cast("list[Row]", [one if isinstance(one, dict) else {"id": one} for one in answer])
