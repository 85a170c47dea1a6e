"""Programs of each host: much work from many threads, an end in the middle of it, training on much data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

PROGRAM = Path(__file__).parent / "soak.clj"
LARGER = Path(__file__).parent / "larger_than_memory.py"
SOURCES = ["arrays", "validation", "eagerly", "evaluate", "predict", "generator", "PyDataset", "dataset", "seq"]
PATIENCE = 1800  # seconds for a program
MEMORY = {"most": 1000, "more": 300}  # megabytes of its own that a process may have for them
LARGEST = {"megabytes": 150, "objects": 50, "functions": 50, "things": 50}  # left behind, at most

OF_PYTHON = """
from pybridge import clojure
clojure.eval('(load-file "{program}")')
print(clojure.eval("{code}"), flush=True)
"""
OF_CLOJURE = """
(load-file "{program}")
(println {code})
(shutdown-agents)
"""
AS_JSON = '(pybridge.core/call (pybridge.core/module \\"json\\") :dumps (soak/soak {size}))'
HOSTS = ["python", "jvm"]


def java() -> list[str]:
    """How a JVM that hosts Python runs Clojure."""
    options = ["--enable-native-access=ALL-UNNAMED", "-cp", os.pathsep.join(classpath())]
    return [str(find_java().executable), *options, "clojure.main"]


def command(host: str, code: str) -> list[str]:
    """How a program of `host` evaluates `code` of Clojure and prints its value."""
    if host == "python":
        return [sys.executable, "-c", OF_PYTHON.format(program=PROGRAM, code=code)]
    return [*java(), "-e", OF_CLOJURE.format(program=PROGRAM, code=code.replace('\\"', '"'))]


def run(host: str, code: str) -> subprocess.CompletedProcess:
    """Run a program in a group of processes of its own; what it leaves there is an error."""
    surroundings = {"PYBRIDGE_PYTHON": sys.executable, **os.environ}
    with subprocess.Popen(
        command(host, code),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=surroundings,
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except BaseException:
            process.kill()
            raise
    if left(process.pid):
        raise AssertionError(f"a process of {host} is left")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def left(group: int) -> bool:
    """Whether there is a process of a group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def soaked(host: str, size: float) -> dict:
    """What a round of `size` has done on `host`, and what it has left behind."""
    done = run(host, AS_JSON.format(size=size))
    assert done.returncode == 0 and not done.stderr, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def wrong(report: dict) -> list[str]:
    """What went wrong in a round, and what it has left more of than it may."""
    mistakes = [
        f"{part}: {count} {kind}"
        for part, told in report["work"].items()
        for kind, count in told["wrong"].items()
        if count
    ]
    return mistakes + [f"{count} {kind} left" for kind, count in report["left"].items() if count > LARGEST[kind]]


def ends(host: str) -> list[str]:
    """What is wrong with a start and end of `host` while threads of both languages are under way."""
    done = run(host, "(some? (soak/busy!))")
    if done.returncode == 0 and done.stdout.splitlines()[-1].lower() == "true" and not done.stderr:
        return []
    return [f"{host} ended with status {done.returncode}: {done.stdout} {done.stderr}"]


def hungry(size: float, number: int) -> list[str]:
    """Whether a source of `size` GB of samples, one after the other by its number, needs too much memory."""
    source = SOURCES[number % len(SOURCES)]
    command = [sys.executable, str(LARGER), str(size), source]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    if done.returncode:
        return [f"training on much data: status {done.returncode}\n{done.stdout}\n{done.stderr}"]
    report = json.loads(done.stdout)
    return [
        f"{source}: {report[kind]} MB, where {MEMORY[kind]} may be" for kind in MEMORY if report[kind] > MEMORY[kind]
    ]
