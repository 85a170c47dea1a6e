"""What a process has in use, once neither of its garbage collectors finds anything more to collect."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

PROGRAM = Path(__file__).parent / "soak.clj"


@cache
def soak(name: str) -> object:
    """A function of soak.clj."""
    from pybridge import clojure

    clojure.eval(f'(when-not (find-ns (quote soak)) (load-file "{PROGRAM}"))')
    return clojure.eval(f"soak/{name}")


def sample() -> dict[str, float]:
    """Each measure of this process."""
    for _ in range(3):
        soak("collect")()
        time.sleep(0.02)
        gc.collect()
    return {**soak("in-use")(), **of_python(), **of_system()}


def of_python() -> dict[str, float]:
    return {
        "python objects": len(gc.get_objects()),
        "python blocks": sys.getallocatedblocks(),
        "python threads": threading.active_count(),
    }


def of_system() -> dict[str, float]:
    own = Path("/proc/self")
    resident = next(line for line in (own / "status").read_text().splitlines() if line.startswith("RssAnon"))
    children = [child for task in (own / "task").iterdir() for child in (task / "children").read_text().split()]
    return {
        "memory": int(resident.split()[1]) / 1024,
        "descriptors": len(os.listdir(own / "fd")),
        "threads": len(os.listdir(own / "task")),
        "children": len(children),
        "temporary files": len(os.listdir(tempfile.gettempdir())),
    }
