"""What went wrong, as a sentence that tells what to do and repeats no password, and as an exit code."""

from urllib.parse import urlsplit

from cyclopts import CycloptsError

from fleet.cli.exits import CONFIG, DATA, NOT_FOUND, SOFTWARE, UNAVAILABLE, USAGE
from fleet.db import ConnectionFailure, InsufficientPrivilege, QueryCanceled, RefusedValue, ServerError
from fleet.errors import ConfigError, DatabaseUnavailable, FleetError, InvalidCommand, NothingFound, SchemaMismatch

NO_STATEMENTS = "a pooler that keeps no prepared statements stands before the database"
NAME_POSTGRESQL = "Set its max_prepared_statements (PgBouncer from 1.21 on), or name PostgreSQL itself"

_REASONS = {
    "InvalidPasswordError": "PostgreSQL refused the password of DATABASE_URL",
    "InvalidAuthorizationSpecificationError": "PostgreSQL does not let the user of DATABASE_URL in",
    "InvalidCatalogNameError": "the database that DATABASE_URL names does not exist",
    "TooManyConnectionsError": "PostgreSQL has no connection left for this user",
    "CannotConnectNowError": "PostgreSQL is starting or stopping",
    "ConnectionRefusedError": "nobody answers where DATABASE_URL points",
    "FileNotFoundError": "there is no socket where DATABASE_URL points",
    "gaierror": "the host of DATABASE_URL has no address",
    "TimeoutError": "PostgreSQL did not answer in time",
    "ClientConfigurationError": "DATABASE_URL cannot be read; a password's special characters are written as %40",
    "ValueError": "DATABASE_URL cannot be read; a password's special characters are written as %40",
}


_STATUS: tuple[tuple[type[FleetError], int], ...] = (
    (ConfigError, CONFIG),
    (SchemaMismatch, CONFIG),
    (InvalidCommand, USAGE),
    (NothingFound, NOT_FOUND),
)


def explain(error: BaseException, url: str) -> tuple[str, int]:
    """Return what to tell of *error*, which befell a command whose database is at *url*, and what to exit with."""
    match error:
        case CycloptsError():
            return " ".join(str(error).split()), USAGE
        case DatabaseUnavailable():
            return unreachable(error, url), UNAVAILABLE
        case FleetError():
            return str(error), next((code for kind, code in _STATUS if isinstance(error, kind)), SOFTWARE)
    return _explain_refusal(error)


def _explain_refusal(error: BaseException) -> tuple[str, int]:
    if isinstance(error, RefusedValue):
        return f"the queue refuses a value: {sentence(error)}", DATA
    if isinstance(error, ServerError) and not isinstance(error, ConnectionFailure):
        return _explain_answer(error)
    return f"the database went away in the middle of a call ({type(error).__name__})", UNAVAILABLE


def _explain_answer(error: ServerError) -> tuple[str, int]:
    match error:
        case InsufficientPrivilege():
            return f"the user of DATABASE_URL may not do this, a member of fleet_operator may ({error})", CONFIG
        case QueryCanceled():
            return "the database took too long to answer; choose fewer jobs", UNAVAILABLE
    if keeps_no_statements(error):
        return f"{NO_STATEMENTS}. {NAME_POSTGRESQL}", CONFIG
    if (error.sqlstate or "").startswith("FL"):
        return sentence(error), DATA
    return f"the database refuses this: {sentence(error)}", SOFTWARE


def unreachable(error: DatabaseUnavailable, url: str) -> str:
    """Say why PostgreSQL could not be reached, and where it was looked for."""
    reason = str(error.facts.get("reason", ""))
    return f"{_REASONS.get(reason) or error}{_place(url)}"


def _place(url: str) -> str:
    """Return the host and port of *url*, of which nothing else may be shown."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    return f" ({host}:{port or 5432})" if host else ""


def sentence(refusal: BaseException) -> str:
    """Return the first line of what the server said, and its hint."""
    said = str(refusal).partition("\n")[0]
    hint = (getattr(refusal, "hint", None) or "").strip().partition("\n")[0]
    return f"{said}. {hint}" if hint else said


def keeps_no_statements(refusal: BaseException) -> bool:
    """Whether a pooler mixed up the prepared statements of sessions; the driver prepares each."""
    return getattr(refusal, "sqlstate", None) in {"42P05", "26000"}
