"""Leaves this process the system calls that reading from one pipe and writing to another needs, and no others.

A grammar is a large program in C that reads what strangers wrote. Were one taken over, it would have the rights of the
analyzer's user: to read the analyzer's environment, where the keys are, and to send it anywhere. With this it can open,
connect to, start, signal and trace nothing. What is asked for beyond the list fails with EPERM.
"""

import ctypes
import errno
import os
import struct
import sys
from typing import Final, NamedTuple

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2

# linux/bpf_common.h and linux/seccomp.h
_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_KILL: Final = 0x80000000
# Offsets in struct seccomp_data; the low half of the first argument, on the little-endian machines below.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16


class _Machine(NamedTuple):
    """*prlimit* is told apart: it may change this process's own limits, and no other's."""

    architecture: int
    prlimit: int
    allowed: tuple[int, ...]


# Memory: brk, futex, getrandom, madvise, mmap, mprotect, mremap, munmap. Pipes: close, fstat, lseek, read, write,
# writev. Time and own limits: clock_gettime, getrlimit, getrusage, setrlimit. The rest: exit, exit_group, getpid,
# gettid, restart_syscall, rt_sigaction, rt_sigprocmask, rt_sigreturn, sched_yield, sigaltstack.
_MACHINES: Final = {
    "x86_64": _Machine(
        0xC000003E,
        302,
        (
            *(12, 202, 318, 28, 9, 10, 25, 11),
            *(3, 5, 8, 0, 1, 20),
            *(228, 97, 98, 160),
            *(60, 231, 39, 186, 219, 13, 14, 15, 24, 131),
        ),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        261,
        (
            *(214, 98, 278, 233, 222, 226, 216, 215),
            *(57, 80, 62, 63, 64, 66),
            *(113, 163, 165, 164),
            *(93, 94, 172, 178, 128, 134, 135, 139, 124, 132),
        ),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def keep_to_pipes() -> bool:
    """Give up all other system calls for good; False where this kernel or machine cannot."""
    machine = _MACHINES.get(os.uname().machine) if sys.platform == "linux" else None
    if machine is None:
        return False
    code = _filter_for(machine)
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    # Without it only root may install a filter; with it nothing that is executed can gain rights.
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    installed: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return installed == 0


def _filter_for(machine: _Machine) -> bytes:
    # A call of another architecture has other numbers: 32-bit ones reach the same kernel.
    steps = [_step(_LOAD, _ARCHITECTURE), *_unless(machine.architecture, _KILL), _step(_LOAD, _NUMBER)]
    for number in machine.allowed:
        steps += _if(number, _ALLOW)
    steps += [
        *_unless(machine.prlimit, _REFUSE),
        _step(_LOAD, _FIRST_ARGUMENT),
        *_unless(0, _REFUSE),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def _if(value: int, verdict: int) -> tuple[bytes, bytes]:
    return _step(_JUMP_IF_EQUAL, value, if_not=1), _step(_RETURN, verdict)


def _unless(value: int, verdict: int) -> tuple[bytes, bytes]:
    return _step(_JUMP_IF_EQUAL, value, if_so=1), _step(_RETURN, verdict)


def _step(code: int, value: int, *, if_so: int = 0, if_not: int = 0) -> bytes:
    """Return one instruction, as struct sock_filter has it."""
    return struct.pack("=HBBI", code, if_so, if_not, value)
