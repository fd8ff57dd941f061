"""The dashboard: a web page that shows the fleet, and through which people steer it."""

from entrypoints._signals import leave_on_signal

if __name__ == "__main__":
    leave_on_signal()  # before the imports below, which take long enough to be stopped in

from entrypoints._extra import require_extra

if __name__ == "__main__":
    require_extra("the dashboard", "dashboard", "jinja2", "starlette", "uvicorn")  # before they are imported below

import getpass
import hashlib
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

import anyio
import msgspec
import uvicorn

from entrypoints._process import ProcessSettings, run_process
from fleet import log
from fleet.config import Secret
from fleet.dashboard.app import make_app
from fleet.dashboard.desk import Desk
from fleet.dashboard.options import LOOPBACK, Options
from fleet.dashboard.reading import STATEMENT_LIMIT
from fleet.db import Pool, open_pool
from fleet.errors import ConfigError
from fleet.migrate import require_current

_SHORTEST_TOKEN = 16
_PORT = 8080
# A page asks a few questions, one after the other; two more are for what keeps the sums and looks for changes.
_CONNECTIONS = 6
# For pages that are being made; streams are ended before.
_FAREWELL = 3


Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class DashboardToken(Secret):
    """What lets in whoever shows it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        if len(text) < _SHORTEST_TOKEN:
            raise ValueError(f"must have at least {_SHORTEST_TOKEN} characters")
        return cls(text)


class DashboardSettings(ProcessSettings, frozen=True, kw_only=True):
    """The dashboard's environment."""

    dashboard_host: str = "127.0.0.1"
    # 0: any that is free, which its log names.
    dashboard_port: Port | None = None
    # The platform's own name for where it sends requests.
    port: Port | None = None
    dashboard_token: DashboardToken | None = None
    # The names under which browsers know it, separated by commas; on loopback, besides those of this machine.
    dashboard_hosts: str | None = None
    dashboard_read_only: bool = False
    # Who acts, where nobody says so; and the header in which a proxy that knows says so.
    dashboard_actor: str | None = None
    dashboard_user_header: str | None = None
    # Addresses elsewhere, with {job} and {trace} in them.
    dashboard_trace_url: str | None = None
    dashboard_log_url: str | None = None

    @property
    def listens_on(self) -> int:
        return next((port for port in (self.dashboard_port, self.port) if port is not None), _PORT)


async def serve(settings: DashboardSettings) -> int:
    options = _options(settings)
    limits = {
        "statement_timeout": f"{STATEMENT_LIMIT / timedelta(milliseconds=1):.0f}ms",
        "lock_timeout": "2s",
        # Planning for each set of arguments: what matters is whether they are null.
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
    }
    async with open_pool(
        settings.direct_url, application="fleet-dashboard", size=_CONNECTIONS, settings=limits
    ) as pool:
        async with pool.acquire() as connection:
            await require_current(connection)
        await _serve(settings, options, pool)
    return 0


async def _serve(settings: DashboardSettings, options: Options, pool: Pool) -> None:
    desk = Desk(pool, options, lambda: datetime.now(UTC))
    config = uvicorn.Config(
        make_app(desk),
        access_log=False,
        log_config=None,
        log_level="critical",
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_FAREWELL,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = _Server(config)
    with _listen(settings) as listener:
        port = listener.getsockname()[1]
        log.get_logger().info(
            "dashboard.listening",
            address=f"http://{_named(settings.dashboard_host)}:{port}/",
            needs_token=options.token is not None,
            read_only=options.read_only,
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.pulse.run)
            tasks.start_soon(_watch_signals, server, desk)
            await server.serve(sockets=[listener])
            tasks.cancel_scope.cancel()


class _Server(uvicorn.Server):
    """Leaves the signals to this program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _watch_signals(server: uvicorn.Server, desk: Desk) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            log.get_logger().info("process.stopping", signal=number.name)
            desk.pulse.close()
            server.should_exit = True


@contextmanager
def _listen(settings: DashboardSettings) -> Iterator[socket.socket]:
    host, port = settings.dashboard_host, settings.listens_on
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(
            address[:2], family=family, dualstack_ipv6=family == socket.AF_INET6 and host == "::"
        )
    except OSError as failure:
        raise ConfigError(
            [f"DASHBOARD_HOST and DASHBOARD_PORT cannot be listened on: {failure.strerror or failure}"]
        ) from None
    with listener:
        yield listener


def _options(settings: DashboardSettings) -> Options:
    is_local = settings.dashboard_host in LOOPBACK
    if settings.dashboard_token is None and not is_local:
        raise ConfigError(
            ["DASHBOARD_TOKEN is required where others than this machine can reach the dashboard (DASHBOARD_HOST)"]
        )
    named = {name.strip().lower() for name in (settings.dashboard_hosts or "").split(",")} - {""}
    return Options(
        key=_key(settings.dashboard_token),
        token=settings.dashboard_token,
        hosts=frozenset(named | LOOPBACK if is_local else named),
        read_only=settings.dashboard_read_only,
        actor=settings.dashboard_actor or _account(),
        user_header=settings.dashboard_user_header,
        trace_url=settings.dashboard_trace_url,
        log_url=settings.dashboard_log_url,
    )


def _key(token: Secret | None) -> bytes:
    """Return what signs sessions; with a token they outlive a restart, and are good at every replica."""
    if token is None:
        return secrets.token_bytes(32)
    return hashlib.sha256(b"fleet dashboard session " + token.reveal().encode()).digest()


def _account() -> str:
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return "somebody"


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    run_process("dashboard", DashboardSettings, serve)
