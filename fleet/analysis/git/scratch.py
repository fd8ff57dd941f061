"""Directories that go with the process that made them."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from fleet.log import get_logger

_PREFIX = "fleet-git-"
_REMOVAL_LIMIT = timedelta(seconds=30)


@asynccontextmanager
async def open_scratch(parent: Path) -> AsyncIterator[Path]:
    """Make a directory below *parent* that is gone afterwards, however the body ends."""
    with anyio.CancelScope(shield=True):
        directory, lock = await anyio.to_thread.run_sync(_make, parent)
    try:
        yield directory
    finally:
        with anyio.move_on_after(_REMOVAL_LIMIT.total_seconds(), shield=True) as removal:
            await anyio.to_thread.run_sync(_remove, directory, lock, abandon_on_cancel=True)
        if removal.cancelled_caught:
            get_logger().warning("scratch.removal_slow", directory=str(directory))


async def sweep_scratch(parent: Path) -> int:
    """Remove what dead processes left below *parent*; return how many directories that were.

    Safe beside living ones: each holds a lock on its directory, which ends with the process and not with its number
    (in a container every process is number 1).
    """
    return await anyio.to_thread.run_sync(_sweep, parent)


def _make(parent: Path) -> tuple[Path, int]:
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        lock = _lock(directory)
        # A sweep may have taken the directory for a leftover before it was locked.
        if lock is not None and directory.exists():
            return directory.resolve(), lock
        if lock is not None:
            os.close(lock)


def _sweep(parent: Path) -> int:
    swept = 0
    for directory in parent.glob(f"{_PREFIX}*"):
        lock = _lock(directory)
        if lock is not None:
            _remove(directory, lock)
            swept += 1
    return swept


def _lock(directory: Path) -> int | None:
    try:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _remove(directory: Path, lock: int) -> None:
    try:
        shutil.rmtree(directory, onerror=partial(_note, directory))
    finally:
        os.close(lock)


def _note(directory: Path, _function: object, path: str, problem: tuple[object, BaseException, object]) -> None:
    # The rest is still removed; what stays is found by the next sweep.
    get_logger().warning(
        "scratch.not_removed", directory=str(directory), path=repr(path), reason=type(problem[1]).__name__
    )
