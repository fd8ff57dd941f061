"""A Python with the packages of an image and no others: what is there for development is imported where it is found."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.frame.process import ROOT
from benchmarks.peers.environment import default_folder


def python_of(image: str) -> str:
    """Return a Python with what requirements/*image*.txt locks, which is made if it is not there."""
    locked = ROOT / "requirements" / f"{image}.txt"
    folder = default_folder(os.environ).parent / "images"
    made = folder / f"{image}-{hashlib.sha256(locked.read_bytes()).hexdigest()[:12]}"
    if not made.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        # Half of it has another name, so that nobody uses it.
        unfinished = Path(tempfile.mkdtemp(prefix=f".{image}-", dir=folder))
        try:
            _install(unfinished, locked)
            unfinished.rename(made)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return str(made / "bin" / "python")


def _install(folder: Path, locked: Path) -> None:
    python = str(folder / "bin" / "python")
    options = ["--quiet", "--require-hashes", "-r", str(locked)]
    if uv := shutil.which("uv"):
        _run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "--python", python, *options)
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(python, "-m", "pip", "install", "--disable-pip-version-check", *options)


def _run(*command: str) -> None:
    # Standard output is for figures.
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603  # of this module's own making
