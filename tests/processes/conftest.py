"""Real processes, started through their entry points."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from anyio.abc import Process

from fleet.testing.database import Database

ROOT = Path(__file__).parents[2]
KEY = base64.b64encode(bytes(32)).decode()
PATIENCE = timedelta(seconds=30)


class Started(msgspec.Struct):
    """A process and what it has written so far."""

    process: Process
    output: Path

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def events(self) -> list[dict[str, Any]]:
        """Return its log, one object a line."""
        return [msgspec.json.decode(line) for line in self.text().splitlines()]

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(number)

    async def exit_code(self) -> int:
        with anyio.fail_after(PATIENCE.total_seconds()):
            return await self.process.wait()


Start = Callable[..., Any]


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of a process: what every program needs, and *settings*."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start ``python -m entrypoints.<name>``; whatever still runs at the end is killed."""
    async with AsyncExitStack() as running:

        async def start(name: str, *arguments: str, settings: Mapping[str, str]) -> Started:
            output = tmp_path / f"{name}-{len(list(tmp_path.glob(f'{name}-*')))}.log"
            command = [sys.executable, "-m", f"entrypoints.{name}", *arguments]
            return await launch(running, output, command, settings)

        yield start


async def launch(running: AsyncExitStack, output: Path, command: Sequence[str], settings: Mapping[str, str]) -> Started:
    """Start *command*, which writes to *output*, and end it with *running*."""
    with output.open("wb") as stream:
        process = await anyio.open_process(
            command,
            cwd=ROOT,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running.push_async_callback(_end, process)
    return Started(process, output)


async def _end(process: Process) -> None:
    with anyio.move_on_after(5, shield=True):
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def required(database: Database) -> dict[str, dict[str, str]]:
    """The settings each process cannot do without, by process."""
    url = {"DATABASE_URL": database.url.reveal()}
    return {
        "analyzer": url | {"ENCRYPTION_KEYS": KEY},
        "spec_generator": url,
        "retention_cleanup": url,
        "enqueue": url,
        "inventory": url,
        "spec": url,
        "migrate": url,
        "partitions": url,
        "dashboard": url,
        "rotate_keys": url | {"ENCRYPTION_KEYS": KEY},
    }


@pytest.fixture
async def migrated(start: Start, required: dict[str, dict[str, str]]) -> None:
    """A database whose kinds are declared, as after a deploy."""
    process = await start("migrate", settings=required["migrate"])
    assert await process.exit_code() == 0, process.text()
