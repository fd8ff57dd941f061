"""Starts what is in an image as a platform does: as its user, on files that nobody can write, with a real database."""

import os
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import anyio
from anyio.abc import Process

from fleet.config import DatabaseUrl
from fleet.db import Connection
from fleet.testing.until import until
from tests.images.look import USER, Image

PATIENCE = timedelta(seconds=40)
# Read-only all of it, but for what every platform gives: /proc, and a /tmp in memory.
_STAGE = f"""
set -e
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/tmp"
root=$1
shift
exec chroot --userspec={USER}:{USER} "$root" /usr/bin/env --chdir=/app -i "$@"
"""


async def begin(image: Image, url: DatabaseUrl, settings: Mapping[str, str], connection: Connection) -> str:
    """Run the image's entry point; returns "ok" when it did its work and ended well, or else how it ended."""
    given = {**settings, "DATABASE_URL": url.reveal(), "PORT": str(_free_port())}
    variables = [*image.environ, *(f"{name}={value}" for name, value in given.items())]
    stage = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _STAGE, "sh", str(image.root)]
    with anyio.move_on_after(PATIENCE.total_seconds()):
        command = [*stage, *variables, *image.entrypoint]
        return await _watch(command, image, lambda: _is_up(image, connection, int(given["PORT"])))
    return f"nothing within {PATIENCE}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def _watch(command: Sequence[str], image: Image, is_up: Callable[[], Awaitable[bool]]) -> str:
    async with await anyio.open_process(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        said: list[bytes] = []
        async with anyio.create_task_group() as reading:
            reading.start_soon(_read, process, said)
            if image.stays:

                async def is_up_or_ended() -> bool:
                    return process.returncode is not None or await is_up()

                await until(is_up_or_ended, within=PATIENCE)
                _stop(process)
            code = await process.wait()
    return "ok" if code == 0 else f"exit {code}: {b''.join(said).decode(errors='replace')[-600:]}"


async def _read(process: Process, said: list[bytes]) -> None:
    if process.stdout is not None:
        said += [chunk async for chunk in process.stdout]


async def _is_up(image: Image, connection: Connection, port: int) -> bool:
    """Whether it answers on its port and, where it is a worker, has a lease."""
    workers = await connection.fetchval("select count(*) from fleet.worker where lease_until > fleet.now()")
    try:
        async with await anyio.connect_tcp("127.0.0.1", port):
            return bool(workers) or not image.works
    except OSError:
        return False


def _stop(process: Process) -> None:
    """Ask the first process of the image to stop, which is the only child of the one that made its namespaces."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for child in children.read_text(encoding="utf-8").split() if children.exists() else ():
        os.kill(int(child), signal.SIGTERM)
