"""Whole programs of either language, each of which may host the other."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

CRASHES = ("Fatal Python error", "A fatal error has been detected", "SIGSEGV", "Aborted")


def python(code: str, *options: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a Python program that may host a JVM, and see that it does not crash."""
    return finished([sys.executable, *options, "-c", textwrap.dedent(code)], environment)


def clojure(code: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a Clojure program that may host Python, and see that it does not crash."""
    java = [str(find_java().executable), "--enable-native-access=ALL-UNNAMED", "-cp", os.pathsep.join(classpath())]
    return finished([*java, "clojure.main", "-e", textwrap.dedent(code)], environment)


def finished(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
    surroundings = {**os.environ, "PYBRIDGE_PYTHON": sys.executable, **environment}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=surroundings)
    said = done.stdout + done.stderr
    assert done.returncode >= 0, f"ended by signal {-done.returncode}\n{said}"
    assert not any(crash in said for crash in CRASHES), said
    return done
