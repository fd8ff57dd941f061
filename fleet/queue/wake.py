"""Wakes the worker when a queue has something: LISTEN, a self-test, and reconnecting.

A listening socket that is half open looks healthy for ever, so the listener sends itself a notification and waits for
it. Nothing here is needed for correctness: without it the worker polls, only more often.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import msgspec
import structlog

from fleet.config import Secret
from fleet.db import Connect, Connection, ConnectionFailure, ServerError
from fleet.errors import DatabaseUnavailable
from fleet.queue.sleep import Sleep

WAKE = "fleet_wake"
CANCEL = "fleet_cancel"
RECONNECT_PAUSE = timedelta(seconds=1)

POLL_LISTENING = timedelta(seconds=30)
POLL_DEAF = timedelta(seconds=1)


class Echo(msgspec.Struct, frozen=True):
    """How often a listener calls out to itself, and how long the echo may take.

    By default so that, with the pause before it connects anew, a deaf listener hears again within fifteen seconds.
    """

    pause: timedelta = timedelta(seconds=8)
    limit: timedelta = timedelta(seconds=4)


# By channel and payload: a queue that has something, or a worker of whose jobs one is to be cancelled.
Calls = Mapping[tuple[str, str], "Alarm"]


class Alarm:
    """An event that can be set again and again.

    *listening* says whether notifications reach it, *sleep* says to others for which queues they are needed. *heard_at*
    is when the last echo came, by the loop's clock.
    """

    def __init__(self) -> None:
        self._event = anyio.Event()
        self.listening = False
        self.heard_at = float("-inf")
        self.sleep = Sleep()

    def ring(self) -> None:
        self._event.set()

    def stop_listening(self) -> None:
        """Notifications do not reach it any more; whoever waits for as long as if they did looks again, and oftener."""
        if self.listening:
            self.listening = False
            self.ring()

    def clear(self) -> None:
        """Forget earlier rings. Clear before looking for work: the other order loses a ring in between."""
        self._event = anyio.Event()

    async def wait(self, at_most: timedelta) -> None:
        with anyio.move_on_after(at_most.total_seconds()):
            await self._event.wait()

    @property
    def poll(self) -> timedelta:
        return POLL_LISTENING if self.listening else POLL_DEAF


async def listen(connect: Connect, url: Secret, worker: UUID, calls: Calls, alarm: Alarm, *, echo: Echo) -> None:
    """Ring what *calls* names for each notification, and *alarm* after a gap in listening, until cancelled.

    Says on the connection that listens when its worker sleeps, and rings for the claim that has to follow.
    """
    log = structlog.get_logger()
    while True:
        try:
            async with connect(url, application=f"fleet-listen-{worker}") as connection:
                await _listen_on(connection, worker, calls, alarm, echo)
        except (*ConnectionFailure, ServerError, DatabaseUnavailable) as failure:
            if alarm.listening:
                log.warning("listener.lost", reason=type(failure).__name__)
        finally:
            alarm.sleep.forget()
            alarm.stop_listening()
        await anyio.sleep(RECONNECT_PAUSE.total_seconds())


async def _listen_on(connection: Connection, worker: UUID, calls: Calls, alarm: Alarm, echo: Echo) -> None:
    # A channel of one's own for the echo, so that it wakes nobody else.
    echo_channel = f"fleet_echo_{worker.hex}"
    heard = anyio.Event()
    ended = anyio.Event()

    def hear(*notification: Any) -> None:
        called = calls.get(notification[-2:])
        if called is not None:
            called.ring()

    def hear_echo(*_notification: Any) -> None:
        heard.set()

    def end(*_connection: Any) -> None:
        ended.set()
        alarm.sleep.stir()

    connection.add_termination_listener(end)
    with anyio.fail_after(echo.limit.total_seconds()):
        for channel in dict.fromkeys(channel for channel, _ in calls):
            await connection.add_listener(channel, hear)
        await connection.add_listener(echo_channel, hear_echo)
    while True:
        heard = anyio.Event()
        with anyio.fail_after(echo.limit.total_seconds()):
            await connection.execute("select pg_notify($1, '')", echo_channel)
            await heard.wait()
        alarm.heard_at = anyio.current_time()
        if not alarm.listening:
            alarm.listening = True
            # Whatever was enqueued while nobody listened.
            alarm.ring()
        with anyio.move_on_after(echo.pause.total_seconds()):
            await _say_when_it_sleeps(connection, alarm, ended, echo.limit)


async def _say_when_it_sleeps(connection: Connection, alarm: Alarm, ended: anyio.Event, limit: timedelta) -> None:
    while True:
        await alarm.sleep.wait()
        if ended.is_set():
            raise ConnectionError("the server ended the listening connection")
        # Whether it has been said must be known: what ends this waits for it.
        with anyio.CancelScope(shield=True), anyio.fail_after(limit.total_seconds()):
            if await alarm.sleep.say(connection):
                alarm.ring()
