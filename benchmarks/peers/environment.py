"""Environments of the peers, built from their locked packages: outside the checkout, once, and whole or not at all."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from benchmarks.peers.peer import Peer

_LOCKS = {"python": "requirements.txt", "node": "package-lock.json"}
_FILES = {"python": ("requirements.txt",), "node": ("package.json", "package-lock.json")}


class PeerMissingError(Exception):
    """A peer that cannot be had here; the message is one sentence for whoever asked for it."""


class Environment:
    """What runs a peer's scripts; *packages* is None where they need no more than this process has."""

    def __init__(self, peer: Peer, packages: Path | None) -> None:
        self.peer = peer
        self._packages = packages

    @property
    def version(self) -> str:
        """The version of the peer's package, as its lock file has it."""
        if self.peer.name == "fleet":
            text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
            return str(tomllib.loads(text)["project"]["version"])
        lock = (self.peer.folder / _LOCKS[self.peer.program]).read_text(encoding="utf-8")
        if self.peer.program == "node":
            return str(json.loads(lock)["packages"][f"node_modules/{self.peer.name}"]["version"])
        pins = dict(line.split()[0].split("==") for line in lock.splitlines() if "==" in line)
        return pins[self.peer.name]

    def command(self, script: str, *arguments: str) -> list[str]:
        """Return how *script* is run, which is worker or client."""
        if self.peer.program == "node":
            return [_program("node", self.peer), str(self.peer.folder / f"{script}.cjs"), *arguments]
        python = sys.executable if self._packages is None else str(self._packages / "bin" / "python")
        return [python, "-m", f"benchmarks.peers.{self.peer.name}.{script}", *arguments]

    def variables(self) -> dict[str, str]:
        """Return what its scripts find their imports by."""
        if self.peer.program == "node":
            return {
                "NODE_PATH": str(self._packages / "node_modules") if self._packages else "",
                "NODE_ENV": "production",
            }
        return {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}


def default_folder(environ: Mapping[str, str]) -> Path:
    """Return where environments are kept unless somebody says otherwise."""
    cache = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "fleet" / "peers"


def build(peer: Peer, folder: Path) -> Environment:
    """Return the environment of *peer* below *folder*, built if it is not there; raises PeerMissingError."""
    if peer.name == "fleet":
        return Environment(peer, None)
    if peer.program == "node":
        _program("node", peer)
    lock = (peer.folder / _LOCKS[peer.program]).read_bytes()
    packages = folder / f"{peer.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not packages.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        # What is built has no name yet that anybody would use, so that half of it is never used.
        unfinished = Path(tempfile.mkdtemp(prefix=f".{peer.name}-", dir=folder))
        try:
            _fill(peer, unfinished)
            unfinished.rename(packages)
        except OSError:
            # Another one was faster; anything else is told.
            if not packages.is_dir():
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return Environment(peer, packages)


def _fill(peer: Peer, folder: Path) -> None:
    for name in _FILES[peer.program]:
        shutil.copy(peer.folder / name, folder / name)
    if peer.program == "node":
        _run(peer, [_program("npm", peer), "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
        return
    python, locked = str(folder / "bin" / "python"), ["--quiet", "--require-hashes", "-r", "requirements.txt"]
    if uv := shutil.which("uv"):
        _run(peer, [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, "."], folder)
        _run(peer, [uv, "pip", "install", "--python", python, *locked], folder)
    else:
        _run(peer, [sys.executable, "-m", "venv", "."], folder)
        _run(peer, [python, "-m", "pip", "install", "--disable-pip-version-check", *locked], folder)


def _run(peer: Peer, command: list[str], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603  # of this module's own making
        command, cwd=folder, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace").strip()[-2000:]
        raise PeerMissingError(f"{peer.name} cannot be installed: {Path(command[0]).name} ended so:\n{said}")


def _program(name: str, peer: Peer) -> str:
    found = shutil.which(name)
    if found is None:
        raise PeerMissingError(f"{peer.name} is left out, because it needs {name}, which is not installed.")
    return found
