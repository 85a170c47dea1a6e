"""What `pybridge run --workers` starts its workers with: addresses, and a share of this machine for each."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from pybridge.cli.joining import is_one_of_several
from pybridge.cli.launcher import launch
from pybridge.errors import OptionError

__all__ = ["environments", "free_ports", "gpus", "run_workers"]

PORTS = range(20000, 32000)  # which no connection takes for its own end, on Linux or macOS
DEVICES = Path("/dev")


def run_workers(
    count: int, file: Path, arguments: Sequence[str], classpath: str = "", *, verbose: bool = False
) -> None:
    """Run a program or a notebook in several processes on this machine, which train together.

    Args:
        count: how many.
        file: the program or the notebook.
        arguments: what each is given.
        classpath: what comes before all else on the class path.
        verbose: whether to show the whole trace of an error.

    Raises:
        OptionError: there are fewer GPUs than workers, or this process is a worker itself.
        SystemExit: one of them failed, or a signal came.
    """
    if is_one_of_several():
        raise OptionError(
            "--workers starts workers on this machine, and this process is one of several already, as TF_CONFIG or "
            "SLURM's variables say: leave --workers out, or unset them"
        )
    command = [*_pybridge(), *["--verbose"][:verbose], "run"]
    if classpath:
        command += ["--classpath", classpath]
    if str(file).startswith("-"):
        command.append("--")
    if status := launch([*command, str(file), *arguments], environments(count)):
        raise SystemExit(status)


def _pybridge() -> list[str]:
    """This command, in this Python; it finds modules in the working directory only where this process does."""
    is_beside = sys.path[0] in ("", os.getcwd())
    return [sys.executable, *([] if is_beside else ["-P"]), "-m", "pybridge"]


def environments(count: int, devices: Path = DEVICES) -> list[dict[str, str]]:
    """Make the variables of each of several workers: those of this process, its address, its share of the machine.

    Args:
        count: how many workers.
        devices: the folder that lists this machine's GPUs.

    Raises:
        OptionError: there are fewer GPUs than workers.
    """
    found = gpus(devices)
    if 0 < len(found) < count:
        raise OptionError(
            f"--workers {count} needs a GPU for each worker, and finds {len(found)}: take --workers {len(found)}, or "
            f'run all of them on the CPU: CUDA_VISIBLE_DEVICES="" pybridge run --workers {count} …'
        )
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(count)]}
    common = {"TF_NUM_INTRAOP_THREADS": str(max(1, _cores() // count)), **os.environ}
    made = []
    for index in range(count):
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        own = {"CUDA_VISIBLE_DEVICES": found[index]} if found else {}
        growing = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"} if found else {}
        made.append({**growing, **common, **own, "TF_CONFIG": json.dumps(config)})
    return made


def free_ports(count: int, among: Sequence[int] = PORTS) -> list[int]:
    """Find ports on 127.0.0.1 that nobody listens at.

    Raises:
        OptionError: there are not so many.
    """
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        for port in random.SystemRandom().sample(among, len(among)):
            if len(ports) == count:
                break
            each = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                each.bind(("127.0.0.1", port))
                ports.append(port)
    if len(ports) < count:
        raise OptionError(f"--workers {count} needs as many free ports on 127.0.0.1, and there are {len(ports)}")
    return ports


def gpus(devices: Path = DEVICES) -> list[str]:
    """Find the NVIDIA GPUs that this process may use, by the names that CUDA_VISIBLE_DEVICES has for them.

    Args:
        devices: the folder that lists this machine's.
    """
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        names = [name.strip() for name in given.split(",")]
        return list(takewhile(lambda name: re.match(r"\d|GPU-|MIG-", name), names))  # where CUDA stops reading, too
    listed = [path.name for path in devices.iterdir()] if devices.is_dir() else []
    count = sum(re.fullmatch(r"nvidia\d+", name) is not None for name in listed)
    return [str(number) for number in range(count or _gpus_by_driver())]


def _gpus_by_driver() -> int:
    """How many GPUs the driver's own program lists; where there is no such program, none."""
    if not shutil.which("nvidia-smi"):
        return 0
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return len(re.findall(r"^GPU \d+:", listed, re.MULTILINE))


def _cores() -> int:
    """How many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
