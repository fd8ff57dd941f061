"""The user PostgreSQL runs as: it refuses to run as root."""

import os
import pwd
import stat
from pathlib import Path
from typing import NamedTuple

from fleet.errors import LocalDatabaseError


class Account(NamedTuple):
    uid: int
    gid: int


def server_account(uid: int) -> Account | None:
    """Return whom a server started by *uid* must run as, or None for *uid* itself."""
    if uid != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LocalDatabaseError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def closed_folder(path: Path, account: Account | None) -> Path | None:
    """Return the first folder on the way to *path* that *account* may not pass, read from the permission bits."""
    if account is None:
        return None
    path = path.resolve()
    return next((folder for folder in (*reversed(path.parents), path) if not _may_pass(folder, account)), None)


def hand_over(folder: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def _may_pass(path: Path, account: Account) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
