"""A stand-in for the official Python image, where no registry of images can be reached: Debian's own Python.

It has the official one's distribution and its commands, and another minor version of Python. What it proves is the
recipe: that each file builds, what comes in, what starts. It proves nothing of the official base.
"""

import shutil
from pathlib import Path

from tests.images.shell import Buildah, run

TAG = "docker.io/library/python:3.14-slim-trixie"
_RELEASE = "trixie"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PACKAGES = "python3,python3-venv,python3-pip,python-is-python3,ca-certificates"


def make(folder: Path, buildah: Buildah) -> None:
    """Make the stand-in below *folder*, once; it is found by the official one's name, by this Buildah alone."""
    if TAG in buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        return
    root = folder / "base"
    if not (root / "stand-in").exists():
        shutil.rmtree(root, ignore_errors=True)
        run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _RELEASE, root])
        # For pip, on its way through whatever this machine is behind; it goes by the host's authorities.
        shutil.copy(_CERTIFICATES, root / "etc" / "stand-in.crt")
        (root / "etc" / "pip.conf").write_text("[global]\ncert = /etc/stand-in.crt\n", encoding="utf-8")
        for folders in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(root / folders, ignore_errors=True)
            (root / folders / "partial").mkdir(parents=True)
        (root / "stand-in").touch()
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, root, "/")
    buildah("commit", "--quiet", "--rm", container, TAG)
