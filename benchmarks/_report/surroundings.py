"""What a run was made on: the machine, and the versions of what takes part."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pybridge
from pybridge.clojure.java import find_java
from pybridge.errors import PybridgeError

LIBRARIES = ("tensorflow", "keras", "numpy", "jax", "jpype1", "py4j")
ASK = """
import json
import tensorflow as tf
from pybridge import clojure
cards = [tf.config.experimental.get_device_details(card) for card in tf.config.list_physical_devices("GPU")]
print(json.dumps([[card.get("device_name", "GPU") for card in cards], clojure.eval("(clojure-version)")]))
"""


def machine() -> dict[str, object]:
    """The machine, and the versions of what takes part; None where something is not there."""
    cards, clojure = asked()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": memory(),
        "gpus": cards,
        "versions": {
            "pybridge": pybridge.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
            "java": java(),
            "clojure": clojure,
        },
    }


def load() -> float | None:
    """How many programs have run or waited for a core, on average of the last minute, where the system says so."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def asked() -> tuple[list[str] | None, str | None]:
    """The GPUs that TensorFlow sees, and Clojure's version, from a process of its own."""
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True)
    if done.returncode:
        return None, None
    cards, clojure = json.loads(done.stdout.splitlines()[-1])
    return cards, clojure


def processor() -> str:
    """What the CPU calls itself."""
    with suppress(OSError):
        if found := re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE):
            return found[1]
    with suppress(OSError):
        name = ["sysctl", "-n", "machdep.cpu.brand_string"]
        if said := subprocess.run(name, capture_output=True, text=True).stdout.strip():
            return said
    return platform.processor() or platform.machine()


def memory() -> float | None:
    """Gigabytes of memory, where the system says so."""
    with suppress(AttributeError, ValueError, OSError):
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    return None


def version(library: str) -> str | None:
    """An installed library's version."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(library)
    return None


def java() -> str | None:
    """The version of the Java that Python starts."""
    with suppress(PybridgeError):
        return str(find_java().version)
    return None
