"""Whether git, which reads strangers' repositories, has the fixes that are known to matter."""

import re
import subprocess
from shutil import which

import anyio

from fleet.cli.doctor.finding import Finding, ok, warn

# The releases of July 2025, which fix CVE-2025-48384 and its like: a clone that writes outside of its folder.
_FIXED = {43: 7, 44: 4, 45: 4, 46: 4, 47: 3, 48: 2, 49: 1, 50: 1}
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


async def look(path: str | None) -> Finding:
    """Ask the git that is found on *path*."""
    program = which("git", path=path)
    if program is None:
        return warn("git is not installed here", "Only where the analyzer runs is it needed: apt install git.")
    answer = await anyio.run_process([program, "--version"], check=False, stderr=subprocess.DEVNULL, env={})
    return judge(answer.stdout.decode(errors="replace").strip())


def judge(said: str) -> Finding:
    found = _VERSION.search(said)
    if found is None:
        return warn("git does not say which version it is", "Look at what git is on the PATH: which git.")
    major, minor, patch = (int(number or 0) for number in found.groups())
    if (major, minor) > (2, max(_FIXED)) or (major == 2 and patch >= _FIXED.get(minor, patch + 1)):  # noqa: PLR2004  # git 2
        return ok(f"git {found[0]}")
    return warn(
        f"git {found[0]} is older than the releases with the fixes of July 2025 (CVE-2025-48384)",
        "Where the analyzer runs, update it; a distribution's own build may have the fixes under this number.",
    )
