"""Runs a module as ``python -m`` does, tied to its starter: ``python -m entrypoints._tied STARTER MODULE ARGUMENT...``.

A starter that is killed cannot stop what it started, so on Linux the kernel does: it asks the module to stop, as the
starter itself would.
"""

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(starter: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != starter:
        # It ended before it could be tied to.
        return
    del sys.argv[:2]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
