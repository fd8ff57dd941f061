"""Takes from this process what a parser does not need, before it reads anything from strangers."""

import ctypes
import os
import resource
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def confine(*, memory_bytes: int) -> None:
    """Bound this process's memory, and leave no core dump: it would hold other people's source."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)


def grant_cpu(seconds: int) -> None:
    """Let this process use *seconds* more of CPU; then the kernel ends it, even if its parent no longer can."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def die_with(parent: int) -> None:
    """Have the kernel end this process when *parent* dies; where it cannot, the end of standard input does."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the kernel was asked to watch it.
    if os.getppid() != parent:
        sys.exit(1)


def _limit(what: int, wanted: int) -> None:
    _, hard = resource.getrlimit(what)
    bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(what, (bound, bound))
