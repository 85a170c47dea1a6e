"""How long a process takes to end: from the last line of its program until it is gone.

`python -m benchmarks.ending` prints a table and ends with 1 when a row takes more than three quarters of the time
of its peer, a Python that has loaded TensorFlow and nothing of pybridge's. The end of the JVM itself, a quarter of a
second, is in the other rows. Figures are the least of rounds in which all programs take turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks._measuring import rounds, taking_turns, verdict
from benchmarks._record import record
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java
from pybridge.clojure.options import COMMON

ROUNDS = rounds(3)
ALLOWED = 0.75
PEER = "Python with TensorFlow, the peer"
TENSOR = "from pybridge import tensors; tensors.ones((2, 2))"
JVM = "from pybridge import clojure; clojure.eval('(+ 1 1)')"
CLOJURE = "(require '[pybridge.tensors :as t]) (t/ones [2 2]) (println (System/currentTimeMillis)) (System/exit 0)"


def python(code: str) -> list[str]:
    """A Python that says what time it is in its last line."""
    return [sys.executable, "-c", f"{code}\nimport time; print(int(time.time() * 1000), flush=True)"]


def command(code: str) -> list[str]:
    """`pybridge eval`, which prints the value of the last expression."""
    start = "from pybridge.cli import main; main()"
    return [sys.executable, "-c", start, "eval", f"{code}\nimport time\nint(time.time() * 1000)"]


def java() -> list[str]:
    """A JVM that hosts Python."""
    return [str(find_java().executable), *COMMON, "-cp", os.pathsep.join(classpath()), "clojure.main", "-e", CLOJURE]


def programs() -> dict[str, list[str]]:
    """What is run, by what the table calls it."""
    return {
        PEER: python("import tensorflow as tf; tf.ones((2, 2))"),
        "pybridge eval with TensorFlow": command(TENSOR),
        "Python with a JVM": python(JVM),
        "Python with TensorFlow and a JVM": python(f"{TENSOR}\n{JVM}"),
        "a JVM with Python and TensorFlow": java(),
    }


def seconds_to_end(program: list[str]) -> float:
    """Run a program that prints milliseconds since 1970 at its end, and wait until it is gone."""
    environment = {**os.environ, "PYBRIDGE_PYTHON": sys.executable}
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True)
    process.wait()
    gone = time.time()
    return gone - int(process.stdout.read().split()[-1]) / 1000


def main() -> int:
    """Measure, print, and judge."""
    named = programs()
    sides = [lambda program=program: seconds_to_end(program) for program in named.values()]
    taken = dict(zip(named, taking_turns(sides, ROUNDS), strict=True))
    missed = []
    print(f"{'from the last line to the end':45}{'s':>8}{'of the peer':>15}{'allowed':>10}")
    for name, figures in taken.items():
        seconds = min(figures)
        part = seconds / min(taken[PEER])
        allowed = "" if name == PEER else f"{ALLOWED:10.2f}"
        print(f"{name:45}{seconds:8.3f}{part:15.2f}{allowed}")
        if name == PEER:
            continue
        if part > ALLOWED:
            missed.append(name)
        peers = {"Python with TensorFlow": taken[PEER]}
        record(name, "s", figures, peers=peers, by="least", most=ALLOWED, held=part <= ALLOWED)
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
