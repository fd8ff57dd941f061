"""Runs one program under limits: ``python -I -S limited.py PARENT FILE_BYTES MEMORY_BYTES PROGRAM ARGUMENT...``.

The limits are set by the process that then starts the program, so there is no moment without them and all its
children inherit them. ``preexec_fn`` runs Python between fork and exec, which can deadlock beside threads, and
``resource.prlimit`` on a child that already runs misses the children it has started. It costs 15 ms.

It stays while the program runs, and ends the whole group when PARENT dies. To have the kernel do that
(PR_SET_PDEATHSIG) reaches git and not those whom git has started, who hold the token and the connection.
"""

import os
import resource
import select
import sys

# Importing signal would cost half as much again as everything else here.
_SIGKILL = 9


def main(arguments: list[str]) -> None:
    parent, file_bytes, memory, *command = arguments
    for kind, most in (
        (resource.RLIMIT_CORE, 0),  # a core file would hold the token
        (resource.RLIMIT_FSIZE, int(file_bytes)),
        (resource.RLIMIT_AS, int(memory)),
    ):
        _lower(kind, most)
    watched = _watch(int(parent))
    # Python ignores SIGXFSZ, and that outlasts exec: git says "File too large" where it would die without a word. It
    # ignores SIGPIPE too, which git takes back by itself.
    if watched is None:
        os.execvp(command[0], command)  # noqa: S606  # no shell is wanted
    else:
        os._exit(_run(command, watched))


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))


def _watch(parent: int) -> int | None:
    """Return what becomes readable when *parent* dies; None where there is no such thing."""
    if sys.platform != "linux":
        return None
    try:
        watched = os.pidfd_open(parent)
    except ProcessLookupError:
        os._exit(1)
    except OSError:
        return None
    # Its number may have been given to another one by then, but not its child.
    if os.getppid() != parent:
        os._exit(1)
    return watched


def _run(command: list[str], watched: int) -> int:
    program = os.spawnvp(os.P_NOWAIT, command[0], command)  # noqa: S606  # no shell is wanted
    ended = os.pidfd_open(program)
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    poll.register(ended, select.POLLIN)
    while ended not in (ready := [descriptor for descriptor, _ in poll.poll()]):
        if watched in ready:
            os.killpg(0, _SIGKILL)
    _, status = os.waitpid(program, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    main(sys.argv[1:])
