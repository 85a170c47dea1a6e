"""Whole programs of either language, each of which may host the other."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable

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


def last_line(done: subprocess.CompletedProcess) -> str:
    """What a program has said last, or else what it has said of errors."""
    return (done.stdout.splitlines() or [done.stderr])[-1]


def one_of_three(run: Callable[[], str], expected: str) -> None:
    """See that a program says what it should, the third time at the latest: a loaded machine may hold it up."""
    said = []
    for _ in range(3):
        try:
            said.append(run())
        except AssertionError as failure:
            said.append(str(failure))
        if said[-1] == expected:
            return
    assert said[-1] == expected, said


def finished(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
    surroundings = {**os.environ, "PYBRIDGE_PYTHON": sys.executable, **environment}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=surroundings)
    said = done.stdout + done.stderr
    assert done.returncode >= 0, f"ended by signal {-done.returncode}\n{said}"
    assert not any(crash in said for crash in CRASHES), said
    return done
