"""The files of one database server: made once, locked while in use."""

import fcntl
import os
import shutil
import subprocess
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from fleet.errors import LocalDatabaseError
from fleet.local.account import Account, closed_folder, hand_over

# macOS starts threads to read a locale, which PostgreSQL refuses; and messages are read by people of any language.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
SUPERUSER = "postgres"
_POLL = timedelta(milliseconds=20)


def lock(directory: Path, *, limit: timedelta) -> int:
    """Return the descriptor that holds *directory*; raises when a server still runs on it after *limit*.

    A server that has lost its starter stops by itself within moments, hence the wait.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + limit.total_seconds()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise LocalDatabaseError(
                    "another process runs PostgreSQL on this folder; end it, or wait for it", folder=directory
                ) from None
            time.sleep(_POLL.total_seconds())
        else:
            return descriptor


def prepare(directory: Path, *, binaries: Path, version: str, account: Account | None, durable: bool) -> Path:
    """Return the data folder in *directory*, made if need be; the caller holds the lock.

    Only the data folder is the server's: as root it must not be able to redirect what root writes beside it.
    """
    closed = closed_folder(directory, account)
    if closed is not None:
        raise LocalDatabaseError(
            "PostgreSQL runs as another user than root, who may not pass a folder of its data", folder=closed
        )
    # One folder for each major version: a newer server does not read an older one's files.
    data = directory / version
    if (data / "PG_VERSION").is_file():
        # The lock says that no server runs here, so this is what a crash left; its number may be another process's now.
        (data / "postmaster.pid").unlink(missing_ok=True)
        return data
    fresh = directory / f"{version}.new"
    with suppress(FileNotFoundError):
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    hand_over(fresh, account)
    _initialize(fresh, binaries=binaries, account=account, durable=durable)
    fresh.rename(data)
    return data


def _initialize(data: Path, *, binaries: Path, account: Account | None, durable: bool) -> None:
    sync = [] if durable else ["--no-sync"]
    user, group = account or (None, None)
    answer = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
            *sync,
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )
    if answer.returncode != 0:
        raise LocalDatabaseError("initdb failed", reason=answer.stderr.strip()[-2000:])
