"""Starts a program, and says on its standard output the seconds it took, its most memory in KB and its exit code.

Run by its path, isolated and without site-packages: the kernel counts the memory of whoever starts a program as the
program's own, so that the one who starts it has to be smaller.
"""

import os
import sys
import time


def main(command: list[str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, 1)])
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{seconds} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
