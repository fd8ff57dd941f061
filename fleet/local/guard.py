"""Runs one PostgreSQL server for as long as its starter lives; a script of the standard library alone.

Standard input is a pipe whose other end only the starter holds: its end means stop, however the starter ended. Then
what was meant to be temporary is removed. Standard output tells the starter ``ready``, or
the server's last words.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TypedDict

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_POLL_SECONDS = 0.005
_STOP_SECONDS = 10
_REASON_LENGTH = 2000


class Order(TypedDict):
    command: list[str]
    environment: dict[str, str]
    account: tuple[int, int] | None
    pid_file: str
    log: str
    lock: int
    ready_seconds: float
    remove: list[str]


def main(order: Order) -> int:
    server = _start(order)
    threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    if _ready(server, Path(order["pid_file"]), order["ready_seconds"]):
        _tell("ready\n")
        server.wait()
    else:
        server.kill()
        server.wait()
        _tell(Path(order["log"]).read_text(encoding="utf-8", errors="replace")[-_REASON_LENGTH:])
    for folder in order["remove"]:
        shutil.rmtree(folder, ignore_errors=True)
    return server.returncode


def _tell(text: str) -> None:
    # Where nobody reads any more, standard input has ended as well, which is heeded elsewhere.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(text)
        sys.stdout.flush()


def _start(order: Order) -> "subprocess.Popen[bytes]":
    user, group = order["account"] or (None, None)
    with Path(order["log"]).open("ab") as log:
        return subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=order["environment"],
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            # The server inherits the lock, so the lock is free exactly when nothing runs on its files.
            pass_fds=(order["lock"],),
            # Safe here: the only thread is this one.
            preexec_fn=_stop_with_guard if sys.platform == "linux" else None,  # noqa: PLW1509  # see the line above
        )


def _stop_with_guard() -> None:
    """Ask the kernel to end the server when the guard itself is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))


def _stop_at_end_of_input(server: "subprocess.Popen[bytes]") -> None:
    # Without a buffer, whose lock this thread would hold while the process ends around it, which Python calls fatal.
    while os.read(0, 1024):
        pass
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=_STOP_SECONDS)
            return


def _ready(server: "subprocess.Popen[bytes]", pid_file: Path, seconds: float) -> bool:
    """Wait until the server writes its readiness into the eighth line of its pid file."""
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            lines = pid_file.read_text(encoding="utf-8").splitlines()
            if lines[7:] and lines[7].strip() == "ready":
                return True
        time.sleep(_POLL_SECONDS)
    return False


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
