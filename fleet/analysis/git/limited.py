"""Runs one program under limits: ``python -I -S limited.py BYTES_OF_A_FILE BYTES_OF_MEMORY PROGRAM ARGUMENT...``.

The limits are set by the process that then becomes the program, so there is no moment without them and all its
children inherit them. ``preexec_fn`` runs Python between fork and exec, which can deadlock beside threads, and
``resource.prlimit`` on a child that already runs misses the children it has started. It costs 15 ms.
"""

import ctypes
import os
import resource
import sys

_PR_SET_PDEATHSIG = 1
# Importing signal would cost half as much again as everything else here.
_SIGKILL = 9


def main(arguments: list[str]) -> None:
    file_bytes, memory, *command = arguments
    for kind, most in (
        (resource.RLIMIT_CORE, 0),  # a core file would hold the token
        (resource.RLIMIT_FSIZE, int(file_bytes)),
        (resource.RLIMIT_AS, int(memory)),
    ):
        _lower(kind, most)
    if sys.platform == "linux":
        # A worker killed outright takes its git along.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    # Python ignores SIGXFSZ, and that outlasts exec: git says "File too large" where it would die without a word. It
    # ignores SIGPIPE too, which git takes back by itself.
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main(sys.argv[1:])
