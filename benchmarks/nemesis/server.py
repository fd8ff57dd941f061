"""A PostgreSQL whose files outlive its crashes."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import anyio
from anyio import to_thread

from fleet.config import DatabaseUrl
from fleet.local.server import Server, start_postgres

_MEMORY = Path("/dev/shm")  # noqa: S108  # mkdtemp makes it private


class LastingServer:
    """What is committed stays; the address stays too."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder = folder
        self._server = server

    @property
    def url(self) -> DatabaseUrl:
        return self._server.url

    async def restart_at_once(self) -> None:
        """Have it drop everything as it is, which is an immediate shutdown, and start it anew on its files."""
        await self.stay_away(timedelta(0))

    async def stay_away(self, seconds: timedelta) -> None:
        """The same, with so much time in between; returns when it answers again."""
        (pid_file,) = self._folder.glob("*/postmaster.pid")
        postmaster = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
        # Not to be left between the two: whoever runs this ends it by what it holds.
        with anyio.CancelScope(shield=True):
            os.kill(postmaster, signal.SIGQUIT)
            await to_thread.run_sync(self._server.stop)
            await anyio.sleep(seconds.total_seconds())
            self._server = await to_thread.run_sync(start_postgres, self._folder)

    async def stop(self) -> None:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self._server.stop)


@asynccontextmanager
async def open_lasting_server() -> AsyncIterator[LastingServer]:
    """Run a server that writes as one in production does, on files that go with the block."""
    folder = _folder()
    try:
        server = LastingServer(folder, await to_thread.run_sync(start_postgres, folder))
        try:
            yield server
        finally:
            await server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """Make a folder that the server may pass; in memory where there is some, as nobody cuts the power here."""
    folder = Path(tempfile.mkdtemp(prefix="fleet-nemesis-", dir=_MEMORY if _MEMORY.is_dir() else None))
    folder.chmod(0o711)
    return folder
