"""A whole fleet on one machine: a PostgreSQL, the migration, and each process through its own entry point."""

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import anyio
import msgspec
from anyio.abc import Process

from fleet.config import DatabaseUrl, Settings
from fleet.errors import FleetError
from fleet.local.server import run_postgres
from fleet.local.state import state_folder

CONSUMERS = ("analyzer", "spec_generator")
DASHBOARD = "dashboard"
_DASHBOARD_PORT = 8080
STOP_LIMIT = timedelta(seconds=40)
_ROOT = Path(__file__).parent.parent
# What a child may see of this process's environment; its own settings come on top.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TERM", "SSL_CERT_FILE", "SSL_CERT_DIR", "LOG_LEVEL")


class LocalSettings(Settings, frozen=True, kw_only=True):
    """What a fleet on one machine may be told; all of it is optional."""

    database_url: DatabaseUrl | None = None
    fleet_pg_bin: str | None = None


class ProcessFailed(FleetError):
    """A process of the local fleet did not do its part."""


class LocalFleet(msgspec.Struct, frozen=True):
    """A running fleet: where its database is, and where its processes log."""

    url: DatabaseUrl
    psql: str
    logs: Path
    processes: Mapping[str, Process]

    def require_alive(self) -> None:
        """Raise ProcessFailed when a process has ended."""
        for name, process in self.processes.items():
            if process.returncode is not None:
                raise ProcessFailed(f"the {name} ended early: {_last_line(self.logs / f'{name}.log')}", log=self.logs)

    async def wait(self) -> str:
        """Wait until a process ends by itself; returns its name."""
        ended: list[str] = []

        async def watch(name: str, process: Process, scope: anyio.CancelScope) -> None:
            await process.wait()
            ended.append(name)
            scope.cancel()

        async with anyio.create_task_group() as watching:
            for name, process in self.processes.items():
                watching.start_soon(watch, name, process, watching.cancel_scope)
        return ended[0]


@asynccontextmanager
async def run_local_fleet(
    settings: LocalSettings, *, dashboard: int | None = None, log_to_terminal: bool = False
) -> AsyncIterator[LocalFleet]:
    """Run a PostgreSQL (unless DATABASE_URL names one), migrate it, and run one of each consumer on it.

    On the port *dashboard* of this machine there is the dashboard, too.
    """
    state = state_folder(os.environ, os.getuid())
    async with AsyncExitStack() as running:
        url = settings.database_url
        if url is None:
            pg_bin = None if settings.fleet_pg_bin is None else Path(settings.fleet_pg_bin)
            url = await running.enter_async_context(run_postgres(state / "postgres", pg_bin=pg_bin))
        logs = state / "logs"
        logs.mkdir(exist_ok=True)
        await _migrate(url, logs)
        processes = {
            name: await running.enter_async_context(
                _run(name, environment, None if log_to_terminal else logs / f"{name}.log")
            )
            for name, environment in _environments(url, dashboard).items()
        }
        yield LocalFleet(url, _psql(settings, url), logs, processes)


def _psql(settings: LocalSettings, url: DatabaseUrl) -> str:
    """Return the line that opens a prompt; a URL that was given may hold a password, so it is not repeated."""
    return 'psql "$DATABASE_URL"' if settings.database_url is not None else f"psql '{url.reveal()}'"


async def _migrate(url: DatabaseUrl, logs: Path) -> None:
    log = logs / "migrate.log"
    async with _run("migrate", _environment("migrate", url), log) as process:
        if await process.wait() != 0:
            raise ProcessFailed(f"the migration failed: {_last_line(log)}", log=log)


def find_port() -> int:
    """Return a port for the dashboard: its usual one, or one that is free."""
    with suppress(OSError), socket.create_server(("127.0.0.1", _DASHBOARD_PORT)):
        return _DASHBOARD_PORT
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _environments(url: DatabaseUrl, dashboard: int | None) -> dict[str, dict[str, str]]:
    environments = {name: _environment(name, url) for name in CONSUMERS}
    if dashboard is not None:
        environments[DASHBOARD] = _environment(DASHBOARD, url) | {"DASHBOARD_PORT": str(dashboard)}
    return environments


def _environment(name: str, url: DatabaseUrl) -> dict[str, str]:
    environment = {variable: os.environ[variable] for variable in _PASSED_ON if variable in os.environ}
    environment |= {"DATABASE_URL": url.reveal(), "PYTHONPATH": str(_ROOT)}
    if name == "analyzer":
        # No stored token can be opened with a key made up here; public repositories need none.
        made_up = base64.b64encode(secrets.token_bytes(32)).decode()
        environment |= {"ENCRYPTION_KEYS": os.environ.get("ENCRYPTION_KEYS", made_up), "ANALYZER_ALLOW_LOCAL": "1"}
    if name == "spec_generator":
        environment |= {variable: value for variable, value in os.environ.items() if variable.startswith("MODEL_")}
    return environment


@asynccontextmanager
async def _run(name: str, environment: Mapping[str, str], log: Path | None) -> AsyncIterator[Process]:
    """Run one entry point; when the block is left it is asked to stop, and killed if it does not."""
    with log.open("wb") if log else open(os.dup(1), "wb") as output:  # noqa: PTH123, ASYNC230  # a moment
        process = await anyio.open_process(
            [sys.executable, "-m", "entrypoints._tied", str(os.getpid()), f"entrypoints.{name}"],
            env=environment,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for this process, which then asks the others to stop: each once.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with anyio.move_on_after(STOP_LIMIT.total_seconds(), shield=True):
            await _stop(process)
        if process.returncode is None:
            process.kill()


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    await process.wait()


def _last_line(log: Path) -> str:
    """Return the message of the last thing a process said."""
    lines: Sequence[str] = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines:
        return "it said nothing"
    try:
        event = msgspec.json.decode(lines[-1], type=dict[str, object])
    except msgspec.DecodeError:
        return lines[-1]
    return ": ".join(str(event[key]) for key in ("message", "problem", "reason") if key in event)
