"""What the workers in Python run, and the journal of it; needs nothing but the standard library, like the peers."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path
from typing import Any


class Journal:
    """Appends to a file, which no fault reaches: one write for each line, in the name of one process."""

    def __init__(self, path: Path, life: str) -> None:
        self._life = life
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, what: str, mark: str) -> None:
        # A row that a hand has typed may have anything for a mark.
        line = {"at": time.monotonic(), "life": self._life, "what": what, "mark": str(mark)}
        os.write(self._descriptor, json.dumps(line).encode() + b"\n")


async def perform(task: dict[str, Any], journal: Journal) -> None:
    """Do what *task* says, between two lines in the journal."""
    act, mark = task["act"], task["mark"]
    if act == "none":
        return
    journal.write("start", mark)
    if act == "block":
        time.sleep(task["seconds"])  # noqa: ASYNC251  # what such a handler is about
    elif act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif act == "rest":
        await asyncio.sleep(task["seconds"])
    else:
        _go_wrong(act)
    journal.write("end", mark)


def _go_wrong(act: str) -> None:
    match act:
        case "nul":
            raise ValueError("a \x00 byte")
        case "surrogate":
            raise ValueError("half a character: \ud800")
        case "exit":
            raise SystemExit(3)
        case "cancelled":
            raise asyncio.CancelledError
        case _:
            raise RuntimeError("this job goes wrong")
