"""The first process of a container: starts a worker, passes signals on, and outlives it until its keeper has buried it.

Where the worker is the first process itself, the kernel ends its keeper together with it; and nobody collects the
processes that its children leave behind. Run as python -m entrypoints.init MODULE.
"""

import os
import signal
import sys
import time
from datetime import timedelta

# For the keeper of a worker that was killed: it needs one answer of the database.
FAREWELL = timedelta(seconds=5)

_PASSED_ON = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2})
_WAITED_FOR = _PASSED_ON | {signal.SIGCHLD}


class Init:
    """One child that matters, and whatever else is left to the first process of a container."""

    def __init__(self, child: int) -> None:
        self._child = child
        self._status: int | None = None

    def watch(self) -> int:
        """Return the exit code of the child: its own, or 128 and the number of the signal that ended it."""
        while self._status is None:
            number = signal.sigwait(_WAITED_FOR)
            if number == signal.SIGCHLD:
                self._collect()
            else:
                os.kill(self._child, number)
        self._outlive()
        code = os.waitstatus_to_exitcode(self._status)
        return code if code >= 0 else 128 - code

    def _collect(self) -> bool:
        """Take note of everybody who has ended; False when nobody is left."""
        try:
            while True:
                ended, status = os.waitpid(-1, os.WNOHANG)
                if ended == self._child:
                    self._status = status
                if not ended:
                    return True
        except ChildProcessError:
            return False

    def _outlive(self) -> None:
        limit = time.monotonic() + FAREWELL.total_seconds()
        while self._collect():
            left = limit - time.monotonic()
            if left <= 0 or signal.sigtimedwait([signal.SIGCHLD], left) is None:
                return


def main(module: str) -> int:
    # Before there is a child: what comes in between waits until it is looked for.
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    # In a group of its own, or a signal to a whole group would reach the child twice.
    child = os.posix_spawn(sys.executable, [sys.executable, "-m", module], os.environ, setpgroup=0, setsigmask=[])
    return Init(child).watch()


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004  # the program and a module
        sys.exit("usage: python -m entrypoints.init MODULE")
    sys.exit(main(sys.argv[1]))
