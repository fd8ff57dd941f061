"""What every process does first and last: signals, settings, log, exit status."""

import os
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Literal, NoReturn, TypeVar

import anyio

from entrypoints import _short
from entrypoints._signals import leave_on_signal
from fleet import log
from fleet.config import DatabaseUrl, Settings, load
from fleet.db import InsufficientPrivilege
from fleet.errors import ConfigError, DatabaseUnavailable, FleetError, SchemaMismatch

EXIT_USAGE = 64
EXIT_UNAVAILABLE = 69
EXIT_SOFTWARE = 70
EXIT_CONFIG = 78


class ProcessSettings(Settings, frozen=True, kw_only=True):
    """What every process reads."""

    database_url: DatabaseUrl
    database_unpooled_url: DatabaseUrl | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    railway_replica_id: str | None = None
    railway_git_commit_sha: str | None = None

    @property
    def direct_url(self) -> DatabaseUrl:
        """Where a pooler owns DATABASE_URL: the way to PostgreSQL itself."""
        return self.database_unpooled_url or self.database_url

    @property
    def replica(self) -> str:
        return self.railway_replica_id or f"{os.uname().nodename}-{os.getpid()}"

    @property
    def version(self) -> str:
        return self.railway_git_commit_sha or "source"


SettingsT = TypeVar("SettingsT", bound=ProcessSettings)


def run_process(
    service: str,
    settings: type[SettingsT],
    work: Callable[[SettingsT], Awaitable[int]],
    *,
    quiet: bool = False,
    short: bool = False,
) -> NoReturn:
    """Run *work* and exit with what it returns, or 78 on settings or rights, 69 without a database, 70 on a defect.

    *quiet* processes talk to a person: they log problems only. *short* ones end before a faster loop would have paid
    for its loading, and without tidying up.
    """
    leave_on_signal()
    loaded = _load(service, settings)
    log.configure(
        service=service,
        level="error" if quiet else loaded.log_level,
        replica=loaded.replica,
        version=loaded.version,
    )
    sys.excepthook = _crash
    if short:
        _short.end(anyio.run(_guard, _begun(work), loaded))
    sys.exit(anyio.run(_guard, work, loaded, backend_options={"use_uvloop": True}))


def _begun(work: Callable[[SettingsT], Awaitable[int]]) -> Callable[[SettingsT], Awaitable[int]]:
    async def begun(settings: SettingsT) -> int:
        # Not before: the first thing that a loop does is to load most of itself.
        _short.begin()
        return await work(settings)

    return begun


def _load(service: str, settings: type[SettingsT]) -> SettingsT:
    try:
        return load(settings, os.environ)
    except ConfigError as error:
        log.configure(service=service, level="error")
        for problem in error.problems:
            log.get_logger().error("settings.invalid", problem=problem)
        sys.exit(EXIT_CONFIG)


async def _guard(work: Callable[[SettingsT], Awaitable[int]], settings: SettingsT) -> int:
    try:
        return await work(settings)
    except FleetError as error:
        return _explain(error)
    except BaseExceptionGroup as group:
        # Each task group wraps what it passes on, however alone it is.
        alone: BaseException = group
        while isinstance(alone, BaseExceptionGroup) and len(alone.exceptions) == 1:
            alone = alone.exceptions[0]
        if isinstance(alone, FleetError):
            return _explain(alone)
        raise
    except InsufficientPrivilege as refusal:
        log.get_logger().error(
            "process.failed", reason="the user of DATABASE_URL lacks the role of this process", refusal=str(refusal)
        )
        return EXIT_CONFIG


def _explain(error: FleetError) -> int:
    logger = log.get_logger()
    logger.error("process.failed", error=type(error).__name__, reason=str(error))
    match error:
        case DatabaseUnavailable():
            return EXIT_UNAVAILABLE
        case SchemaMismatch() | ConfigError():
            return EXIT_CONFIG
    return EXIT_SOFTWARE


def _crash(kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    """A defect: Python itself would exit 1, which says nothing."""
    log.get_logger().critical("process.crashed", error=kind.__name__, exc_info=error)
    sys.stdout.flush()
    os._exit(EXIT_SOFTWARE)
