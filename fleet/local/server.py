"""A PostgreSQL of one's own on a unix socket, which ends with the process that started it."""

import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import quote

import anyio
from anyio import to_thread

from fleet.config import DatabaseUrl
from fleet.errors import LocalDatabaseError
from fleet.local import guard
from fleet.local.account import Account, closed_folder, hand_over, server_account
from fleet.local.binaries import find_binaries, major_version
from fleet.local.cluster import ENVIRONMENT, SUPERUSER, lock, prepare

READY_LIMIT = timedelta(seconds=30)
STOP_LIMIT = timedelta(seconds=40)  # longer than the guard's own steps together
LOCK_LIMIT = timedelta(seconds=5)
# A socket's whole path must stay below 104 bytes (macOS; Linux has 108); "/.s.PGSQL.5432" is a part of it.
_SOCKET_FOLDER_BYTES = 80
# Containers often have 64 MB here.
_MEMORY = Path("/dev/shm")  # noqa: S108  # mkdtemp makes it private
_MEMORY_BYTES = 2 << 30

_EVERY_SERVER = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "jit": "off",
    "max_connections": "200",
}
# What would keep data over a crash, and is of no use to files that are removed at the end.
_TEMPORARY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
}


class Server:
    """A running server; *stop* it, or end, and it goes."""

    def __init__(self, url: DatabaseUrl, process: "subprocess.Popen[bytes]", lifeline: IO[bytes]) -> None:
        self.url = url
        self._process = process
        self._lifeline = lifeline

    def stop(self) -> None:
        """Shut down, closing clients' connections; may be called again."""
        self._lifeline.close()
        # The guard says no more, so its output becomes readable when it ends; waiting with a limit would poll instead.
        output = self._process.stdout
        if output is None or output.closed:
            return
        ended, _, _ = select.select([output], [], [], STOP_LIMIT.total_seconds())
        if not ended:
            self._process.kill()
        self._process.wait()
        output.close()


def start_postgres(directory: Path | None, *, pg_bin: Path | None = None) -> Server:
    """Start a server on the files in *directory*, which last; or, without one, on files that go with it.

    *pg_bin* is the folder of PostgreSQL's programs where the search should not choose. Blocks; raises
    LocalDatabaseError.
    """
    account = server_account(os.getuid())
    binaries = find_binaries(pg_bin, account)
    with ExitStack() as undo:

        def folder() -> Path:
            made = _temporary_folder(account, lasting=directory)
            undo.callback(shutil.rmtree, made, ignore_errors=True)
            return made

        place: Path | None = None
        if directory is None:
            place = folder()
            home = place / "server"
        else:
            home = directory
        held = lock(home, limit=LOCK_LIMIT)
        # The server inherits the lock; what the starter keeps of it goes in every case.
        with os.fdopen(held, "rb"):
            version = major_version(binaries)
            durable = directory is not None
            data = prepare(home, binaries=binaries, version=version, account=account, durable=durable)
            # Under the lock, because the folder of lasting files has one name and may be a dead server's.
            place = place or folder()
            server = _launch(binaries=binaries, data=data, place=place, account=account, held=held, durable=durable)
        undo.pop_all()
        return server


@asynccontextmanager
async def run_postgres(directory: Path | None, *, pg_bin: Path | None = None) -> AsyncIterator[DatabaseUrl]:
    """Keep a server running, as *start_postgres* does, until the block is left."""
    server = await to_thread.run_sync(partial(start_postgres, directory, pg_bin=pg_bin))
    try:
        yield server.url
    finally:
        with anyio.CancelScope(shield=True):  # bounded by STOP_LIMIT
            await to_thread.run_sync(server.stop)


def _temporary_folder(account: Account | None, *, lasting: Path | None) -> Path:
    """Make a folder whose path is short enough for a socket and which the server may pass.

    Files that last are reached under the same path each time, so that a line for psql can be kept.
    """
    # Copying a database makes hundreds of files: a few milliseconds in memory, up to hundreds on a busy disk.
    roomy = lasting is None and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES
    memory = [_MEMORY] if roomy else []
    for parent in (*memory, Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  # mkdtemp makes it private
        if len(os.fsencode(parent)) > _SOCKET_FOLDER_BYTES - len("/fleet-12345678") or closed_folder(parent, account):
            continue
        folder = _folder_of(lasting, parent) or Path(tempfile.mkdtemp(prefix="fleet-", dir=parent))
        if account is not None:
            folder.chmod(0o711)
        return folder
    raise LocalDatabaseError("no folder for temporary files has a path short enough for a socket")


def _folder_of(lasting: Path | None, parent: Path) -> Path | None:
    """Make the folder for the sockets of *lasting* files, unless the name is somebody else's already."""
    if lasting is None:
        return None
    folder = parent / f"fleet-{hashlib.sha256(os.fsencode(lasting.resolve())).hexdigest()[:8]}"
    # What a starter that was killed left behind; the lock says that nobody uses it.
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return None
    return folder


def _launch(*, binaries: Path, data: Path, place: Path, account: Account | None, held: int, durable: bool) -> Server:
    socket = place / "s"
    socket.mkdir(mode=0o700)
    hand_over(socket, account)
    settings = {**_EVERY_SERVER, **({} if durable else _TEMPORARY), "unix_socket_directories": str(socket)}
    log = data.parent / "server.log"
    log.unlink(missing_ok=True)
    order = guard.Order(
        command=[
            str(binaries / "postgres"),
            f"-D{data}",
            *(f"-c{name}={value}" for name, value in settings.items()),
        ],
        environment=ENVIRONMENT,
        account=account,
        pid_file=str(data / "postmaster.pid"),
        log=str(log),
        lock=held,
        ready_seconds=READY_LIMIT.total_seconds(),
        remove=[str(place)],
    )
    lifeline_end, lifeline = os.pipe()
    with os.fdopen(lifeline_end, "rb") as standard_input:
        # Isolated and without site-packages: it starts in tens of milliseconds, and runs from anywhere.
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, json.dumps(order)],
            stdin=standard_input,
            stdout=subprocess.PIPE,
            pass_fds=(held,),
            start_new_session=True,  # a key press in the terminal ends the starter, which ends this in its time
            env={},
        )
    server = Server(_url(socket), process, os.fdopen(lifeline, "wb"))
    _require_ready(server, process)
    return server


def _require_ready(server: Server, process: "subprocess.Popen[bytes]") -> None:
    answer = process.stdout.readline() if process.stdout is not None else b""
    if answer != b"ready\n":
        reason = answer + (process.stdout.read() if process.stdout is not None else b"")
        server.stop()
        raise LocalDatabaseError("PostgreSQL did not start", reason=reason.decode(errors="replace").strip())


def _url(socket: Path) -> DatabaseUrl:
    return DatabaseUrl(f"postgresql://{SUPERUSER}@/postgres?host={quote(str(socket), safe='/')}")
