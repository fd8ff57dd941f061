"""Tells who opened a file, by the kernel's own word: inotify(7)."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# <sys/inotify.h>; of a folder too, which is how what is in it is found.
_IN_ACCESS, _IN_OPEN = 0x1, 0x20
_ROOM = 1 << 16


class Openings:
    """Whether one of the watched files and folders has been opened or read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def any(self) -> bool:
        """True once for all that has happened since it was last asked."""
        try:
            return bool(os.read(self._descriptor, _ROOM))
        except BlockingIOError:
            return False


@contextmanager
def watch_openings(*paths: Path) -> Iterator[Openings]:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        for path in paths:
            if libc.inotify_add_watch(descriptor, bytes(path), _IN_ACCESS | _IN_OPEN) < 0:
                raise OSError(ctypes.get_errno(), "cannot be watched", str(path))
        yield Openings(descriptor)
    finally:
        os.close(descriptor)
