"""Where a user's databases last."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fleet.errors import LocalDatabaseError
from fleet.local.account import closed_folder, server_account


def state_folder(environ: Mapping[str, str], uid: int, *, fallback: Path | None = None) -> Path:
    """Return a folder for files that last, made if need be: the user's state folder, else one below *fallback*.

    The first cannot be used when there is no home, when the home is not writable, or when it belongs to root and is
    closed to the user that PostgreSQL then runs as.
    """
    account = server_account(uid)
    wanted = _wanted(environ)
    # One for each home, so that two homes do not share a database because neither can be used.
    name = hashlib.sha256(os.fsencode(wanted[0])).hexdigest()[:12] if wanted else "default"
    for folder in (*wanted, (fallback or _fallback(uid)) / name):
        with suppress(OSError):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            if folder.stat().st_uid == uid and os.access(folder, os.W_OK) and closed_folder(folder, account) is None:
                return folder
    raise LocalDatabaseError("no folder to keep a database in; set XDG_STATE_HOME to one")


def _wanted(environ: Mapping[str, str]) -> list[Path]:
    home = environ.get("HOME", "")
    states = [environ.get("XDG_STATE_HOME", ""), f"{home}/.local/state" if home else ""]
    return [Path(state) / "fleet" for state in states if Path(state).is_absolute()]


def _fallback(uid: int) -> Path:
    return Path("/var/lib/fleet") if uid == 0 else Path(tempfile.gettempdir()) / f"fleet-{uid}"
