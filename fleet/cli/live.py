"""A status that is drawn anew until somebody has seen enough."""

import signal
from datetime import timedelta

import anyio
from anyio.abc import TaskStatus
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from fleet.cli.picture import Picture, look, tables
from fleet.cli.session import Session
from fleet.db import ConnectionFailure, ServerError
from fleet.errors import DatabaseUnavailable

# A look at a large queue costs the database something: it rests for this much longer than a look took.
_REST = 4
_RECONNECT = timedelta(seconds=1)


async def watch(session: Session, every: timedelta) -> None:
    """Draw *session*'s fleet until SIGINT or SIGTERM; a database that goes away is waited for.

    One that is not there to begin with, or is older than this release, is an error as everywhere.
    """
    async with anyio.create_task_group() as tasks:
        await tasks.start(_leave_on_signal, tasks.cancel_scope)
        with Live(console=session.output.console, screen=True, auto_refresh=False) as live:
            await _draw(session, live, every)


async def _leave_on_signal(scope: anyio.CancelScope, *, task_status: TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()


async def _draw(session: Session, live: Live, every: timedelta) -> None:
    seen: Picture | None = None
    while True:
        try:
            async with session.open() as connection:
                while True:
                    began = anyio.current_time()
                    seen = await look(connection)
                    live.update(_drawn(session, seen), refresh=True)
                    took = anyio.current_time() - began
                    await anyio.sleep(max(every.total_seconds(), _REST * took))
        except (DatabaseUnavailable, ServerError, *ConnectionFailure) as failure:
            if seen is None:
                raise
            live.update(_drawn(session, seen, gone=type(failure).__name__), refresh=True)
            await anyio.sleep(_RECONNECT.total_seconds())


def _drawn(session: Session, picture: Picture, *, gone: str | None = None) -> RenderableType:
    foot = (
        Text(f"the database is gone ({gone}); looking for it again", style="red")
        if gone
        else Text("Ctrl-C ends", "dim")
    )
    spaced: list[RenderableType] = []
    for table in tables(picture):
        spaced += [session.output.drawn(table), Text("")]
    return Group(*spaced, foot)
