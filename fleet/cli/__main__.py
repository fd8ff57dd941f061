"""The operator's command line: ``fleet``, or ``python -m fleet.cli``."""

import os
import sys
from types import TracebackType

from fleet.cli.exits import CONFIG, SOFTWARE

# What a shell says of a program that SIGPIPE ended.
_PIPE_CLOSED = 141


def main() -> None:
    sys.excepthook = _crash
    try:
        from fleet.cli.program import run  # noqa: PLC0415  # the wheel installs this program also where its extra is not
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"cyclopts", "rich"}:
            raise
        sys.exit(_without_extra())
    try:
        code = run(sys.argv[1:], os.environ, sys.stdout, sys.stderr, sys.stdin)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; the interpreter would complain about what is left when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _PIPE_CLOSED
    sys.exit(code)


def _without_extra() -> int:
    sys.stderr.write("fleet: the command line needs an extra: pip install 'fleet[cli]'\n")
    return CONFIG


def _crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """A defect: Python itself would exit 1, which here says that a job was left as it was."""
    sys.__excepthook__(kind, error, traceback)
    sys.stderr.flush()
    os._exit(SOFTWARE)


if __name__ == "__main__":
    main()
