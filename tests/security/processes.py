"""Looks at every process of the machine, as anybody on it could."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def read_processes() -> dict[int, tuple[bytes, bytes]]:
    """Return the command line and the environment of each process that can be looked at."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = (
                    (folder / "cmdline").read_bytes(),
                    (folder / "environ").read_bytes(),
                )
            except OSError:
                continue
    return found


def processes_of(scratch: Path) -> list[bytes]:
    """Return the command lines of the processes that were started for *scratch*."""
    return [
        command
        for command, environment in read_processes().values()
        if b"HOME=" + bytes(scratch) in environment and command
    ]


class Watch:
    """Everything seen of the processes of one scratch directory."""

    def __init__(self) -> None:
        self.commands: set[bytes] = set()
        self.environments: set[bytes] = set()


@contextmanager
def watch_processes(scratch: Path) -> Iterator[Watch]:
    """Look all the time, as fast as one thread can, while the body runs."""
    watch, ended = Watch(), threading.Event()

    def look() -> None:
        while not ended.is_set():
            for command, environment in read_processes().values():
                if bytes(scratch) in environment or bytes(scratch) in command:
                    watch.commands.add(command)
                    watch.environments.add(environment)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()
