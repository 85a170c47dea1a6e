"""Connect a process that is one of several workers to the others, and have it end with its launcher."""

from __future__ import annotations

import io
import os
import sys

__all__ = ["LAUNCHER", "end_with", "is_one_of_several", "join_workers"]

LAUNCHER = "_PYBRIDGE_LAUNCHER"  # the descriptor of a pipe, whose other end the launcher alone holds


def join_workers() -> None:
    """Where the environment says that this process is one of several workers, connect them; otherwise load nothing.

    Call it on the main thread, before TensorFlow computes anything.

    Raises:
        WorkerError: the environment describes the workers wrongly, or they cannot be connected.
    """
    if descriptor := os.environ.pop(LAUNCHER, None):
        end_with(int(descriptor))
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)  # as at the terminal that the launcher passes lines on to
    if is_one_of_several():
        from pybridge import distributed

        distributed.strategy()


def is_one_of_several() -> bool:
    """Whether TF_CONFIG or SLURM tells of several workers. A TF_CONFIG that cannot be read is for others to refuse."""
    config = os.environ.get("TF_CONFIG", "")
    if not config:
        return "SLURM_PROCID" in os.environ and os.environ.get("SLURM_STEP_NUM_TASKS", "1") != "1"
    import json

    try:
        return sum(len(addresses) for addresses in json.loads(config).get("cluster", {}).values()) > 1
    except (ValueError, TypeError, AttributeError, RecursionError):
        return True


def end_with(descriptor: int) -> None:
    """Have this process, and those in its group, killed once nobody holds the other end of a pipe.

    The kernel does that on Linux, whatever this process is busy with. Elsewhere a thread does, beside which TensorFlow
    takes longer to load.
    """
    import fcntl
    import select
    import signal

    os.set_inheritable(descriptor, False)
    if not hasattr(fcntl, "F_SETSIG"):
        _end_by_thread(descriptor)
        return
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([descriptor], [], [], 0)[0]:  # it was closed before
        os.killpg(0, signal.SIGKILL)


def _end_by_thread(descriptor: int) -> None:
    import signal
    import threading

    def wait() -> None:
        os.read(descriptor, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, name="pybridge, for the launcher", daemon=True).start()
