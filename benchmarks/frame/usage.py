"""What processes use, as the kernel counts it."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Places in /proc/<pid>/stat behind the name, see proc(5): the own time, that of children which have ended, and pages.
_OWN, _ENDED, _PAGES = slice(11, 13), slice(13, 15), 21


class Usage(msgspec.Struct, frozen=True):
    """Seconds of a core, and megabytes that are in memory."""

    cpu: float
    megabytes: float


def usage_of(pid: int) -> Usage:
    """Return what the process alone has used so far."""
    fields = _fields(pid)
    return Usage(sum(map(int, fields[_OWN])) * _TICK, int(fields[_PAGES]) * _PAGE / 1e6)


def usage_of_group(pid: int) -> Usage:
    """Return what the process and its children have used, those that have ended too."""
    alive = [usage_of(pid)]
    for child in children_of(pid):
        # One that has ended by now is counted with its parent.
        with suppress(FileNotFoundError, ProcessLookupError):
            alive.append(usage_of(child))
    ended = sum(map(int, _fields(pid)[_ENDED])) * _TICK
    return Usage(sum(each.cpu for each in alive) + ended, sum(each.megabytes for each in alive))


def children_of(pid: int) -> list[int]:
    return [
        int(child)
        for children in Path(f"/proc/{pid}/task").glob("*/children")
        for child in children.read_text(encoding="ascii").split()
    ]


def machine() -> str:
    """Return what this machine is, for whoever reads figures."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), os.uname().machine)
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory"


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
