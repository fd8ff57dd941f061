"""Becomes a program that ends with whoever started it: python -m benchmarks.peers.tied PARENT PROGRAM …

Nobody else would end it, should the one who measures be killed.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != int(sys.argv[1]):
        sys.exit(0)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # a program of the benchmarks' own making
