"""A child process that is killed at its n-th system call which changes files, by ptrace."""

from __future__ import annotations

import ctypes
import os
import signal
import traceback
from collections.abc import Callable

TRACEME, PEEKUSER, KILL, SYSCALL, SETOPTIONS = 0, 3, 8, 24, 0x4200
MARKED, ENDS_WITH_US = 1, 0x100000  # options: system calls are told from signals; the child does not outlive the test
STOPPED_AT_CALL = signal.SIGTRAP | 0x80
ORIG_RAX = 15 * 8  # where the number of the call is, on x86-64

CALLS = {
    1: "write",
    3: "close",
    18: "pwrite64",
    20: "writev",
    74: "fsync",
    77: "ftruncate",
    82: "rename",
    83: "mkdir",
    84: "rmdir",
    87: "unlink",
    90: "chmod",
    91: "fchmod",
    93: "fchown",
    257: "openat",
    263: "unlinkat",
    264: "renameat",
    316: "renameat2",
}

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def killed_at(n: int, work: Callable[[], object]) -> str | None:
    """Do `work` in a forked child that dies as it makes its n-th such call, which is not made.

    Returns:
        The call's name, or None where the work was done before.
    """
    child = os.fork()
    if not child:
        status = 1
        try:
            _ptrace(TRACEME, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.waitpid(child, 0)
    _ptrace(SETOPTIONS, child, MARKED | ENDS_WITH_US)
    entering, made, number = True, 0, -1
    while True:
        _ptrace(SYSCALL, child)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return None
        if os.WSTOPSIG(status) != STOPPED_AT_CALL:
            continue
        if entering:
            number = _ptrace(PEEKUSER, child, ORIG_RAX)
            made += number in CALLS
            if made == n and number in CALLS:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return CALLS[number]
        entering = not entering


def _ptrace(request: int, child: int, data: int = 0) -> int:
    address = data if request == PEEKUSER else 0
    ctypes.set_errno(0)
    value = libc.ptrace(request, child, address, data)
    if value < 0 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), "ptrace")
    return value
