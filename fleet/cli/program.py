"""The command line as a whole: its commands, what they are given, and what their ends mean."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TextIO

from cyclopts import App, CycloptsError

from fleet.cli.commands.cancel import cancel
from fleet.cli.commands.completion import completion
from fleet.cli.commands.doctor import doctor
from fleet.cli.commands.enqueue import enqueue
from fleet.cli.commands.history import history
from fleet.cli.commands.jobs import jobs
from fleet.cli.commands.migrate import migrate
from fleet.cli.commands.pause import pause
from fleet.cli.commands.reprioritise import reprioritise
from fleet.cli.commands.resume import resume
from fleet.cli.commands.retry import retry
from fleet.cli.commands.status import status
from fleet.cli.commands.story import story
from fleet.cli.commands.why import why
from fleet.cli.exits import DONE, INTERRUPTED
from fleet.cli.refusals import explain
from fleet.cli.session import Session
from fleet.db import ConnectionFailure, RefusedValue, ServerError
from fleet.errors import FleetError

_COMMANDS = (
    *(status, jobs, history, why, story),
    *(enqueue, retry, cancel, reprioritise, pause, resume),
    *(doctor, migrate, completion),
)


def make_app() -> App:
    """Return the commands, each a function; what of its arguments is not parsed is handed in by run."""
    app = App(
        name="fleet",
        help="Look at a fleet and steer it. The database is that of DATABASE_URL.",
        version=lambda: version("fleet"),
    )
    for command in _COMMANDS:
        app.command(command)
    return app


def run(argv: Sequence[str], environ: Mapping[str, str], out: TextIO, err: TextIO, answers: TextIO) -> int:
    """Do what *argv* says and return the exit code; whatever goes wrong on purpose is one sentence on *err*."""
    session = Session(environ, out, err, answers)
    try:
        return _dispatch(argv, session)
    except (CycloptsError, FleetError, ServerError, *RefusedValue, *ConnectionFailure) as error:
        if isinstance(error, BrokenPipeError):
            raise
        line, code = explain(error, environ.get("DATABASE_UNPOOLED_URL") or environ.get("DATABASE_URL", ""))
        session.output.complain(f"fleet: {line}")
        return code
    except KeyboardInterrupt:
        return INTERRUPTED


def _dispatch(argv: Sequence[str], session: Session) -> int:
    app = make_app()
    console = session.output.console
    command, bound, unparsed = app.parse_args(
        list(argv), console=console, error_console=console, print_error=False, exit_on_error=False
    )
    given = {"session": session, "app": app}
    code = command(*bound.args, **bound.kwargs, **{name: given[name] for name in unparsed})
    # Help and version return nothing.
    return code if isinstance(code, int) else DONE
