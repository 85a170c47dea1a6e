"""How long it takes until something answers: a command, Clojure in Python, Python in a JVM, an editor's session.

`python -m benchmarks.start` prints a table for this checkout and one for a wheel, and ends with status 1 when a row
misses its target; `python -m benchmarks.start checkout` or `wheel` prints one of them. Figures are seconds, the least
of several rounds in which all rows take turns. Clojure alone is `clojure.main` on Clojure's own jars, without a cache.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from benchmarks._growth import Session
from benchmarks._installations import Installation, checkout, wheel
from benchmarks._measuring import rounds, taking_turns, verdict
from benchmarks._record import record
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java
from pybridge.clojure.options import COMMON, STACK
from pybridge.errors import StartError

ROUNDS = rounds(7)
WITHIN = 120
FROM_SOURCES = {"PYBRIDGE_QUICK_START": "0"}
DEBIANS_NREPL = Path("/usr/share/java/nrepl.jar")

PROGRAMS = {
    "host.clj": '(require \'[pybridge.core :as pb]) (println (pb/call (pb/module "math") :sqrt 2))',
    "tensor.clj": "(require '[pybridge.tensors :as t]) (println (t/ones [2 2]))",
    "program.clj": "(println (+ 1 1))",
}

PYTHON, TENSOR, CLOJURE = "Python, -c pass", "Python's first tensor", "clojure.main"


@dataclass(frozen=True)
class Row:
    """A start, what it is held against, and how many times as long or how many seconds longer it may take at most."""

    name: str
    measure: Callable[[], float]
    peer: str = CLOJURE
    times: float = float("inf")
    more: float = float("inf")

    @property
    def target(self) -> str:
        """The bound, for people; empty where there is none."""
        if self.times < float("inf"):
            return f"{self.times} times"
        return f"{self.more} more" if self.more < float("inf") else ""


def seconds(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def peers(at: Installation) -> dict[str, Callable[[], float]]:
    tensor = "from pybridge import tensors as t; print(t.ones((2, 2)))"
    clojure = ("-cp", os.pathsep.join(clojures_jars()), "clojure.main", "-e", "(+ 1 1)")
    return {
        PYTHON: partial(seconds, partial(at.run, at.python, "-c", "pass")),
        TENSOR: partial(seconds, partial(at.run, at.python, "-c", tensor)),
        CLOJURE: partial(seconds, partial(at.run, find_java().executable, *clojure)),
    }


def rows(at: Installation) -> list[Row]:
    def running(*command: str | Path) -> Callable[[], float]:
        return partial(seconds, partial(at.run, *command, PYBRIDGE_PYTHON=str(at.python)))

    java, command = find_java().executable, at.pybridge
    sources = at.run(command, "classpath", **FROM_SOURCES).strip()
    hosted = (*COMMON, *STACK, "-cp", sources)
    quick = (f"@{at.run(command, 'java-options').strip()}",) if at.knows("java-options") else hosted
    given = nrepl_classpath()
    if given is None:
        print(f"no row for nrepl: it cannot be downloaded, and there is no {DEBIANS_NREPL}")
    return [
        Row("import pybridge", running(at.python, "-c", "import pybridge"), PYTHON, more=0.03),
        Row("pybridge --help", running(command, "--help"), PYTHON, more=0.15),
        Row('pybridge eval --clojure "(+ 1 1)"', running(command, "eval", "--clojure", "(+ 1 1)"), times=1.5),
        Row(
            "a JVM's first call of Python, jar and cache", running(java, *quick, "clojure.main", "host.clj"), times=1.5
        ),
        Row("the same from sources alone", running(java, *hosted, "clojure.main", "host.clj"), times=2.5),
        Row("first tensor from Clojure", running(command, "run", "tensor.clj"), TENSOR, times=1.25),
        Row("pybridge run, no tensor", running(command, "run", "program.clj")),
        Row("pybridge repl, the first answer", partial(repl, at)),
        Row("pybridge session, the first block", partial(session, at)),
        Row("Jupyter, the first cell", partial(jupyter, at)),
        *([] if given is None else [Row("pybridge nrepl, the first answer", partial(nrepl, at, given))]),
    ]


def clojures_jars() -> list[str]:
    return [
        entry
        for entry in classpath()
        if Path(entry).name.startswith(("clojure-", "spec.alpha-", "core.specs.alpha-")) and entry.endswith(".jar")
    ]


def nrepl_classpath() -> dict[str, str] | None:
    """What brings nREPL: the jars that deps.edn names, or Debian's behind our Clojure; None where neither is there."""
    try:
        classpath(nrepl=True)
    except StartError:
        entries = os.pathsep.join([*clojures_jars(), str(DEBIANS_NREPL)])
        return {"PYBRIDGE_CLASSPATH": entries} if DEBIANS_NREPL.is_file() else None
    return {}


@contextmanager
def started(at: Installation, *command: str, folder: Path | None = None, **environment: str):
    """A process that runs until it has answered."""
    pipe, surroundings = subprocess.PIPE, at.environment | environment
    process = subprocess.Popen(
        [at.pybridge, *command], cwd=folder or at.folder, env=surroundings, stdin=pipe, stdout=pipe
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def repl(at: Installation) -> float:
    """Seconds until the REPL has answered a line; it shows no prompt to a pipe."""
    begun = time.perf_counter()
    with started(at, "repl") as process:
        process.stdin.write(b"(+ 1 1)\n")
        process.stdin.flush()
        wait_for(b"2\n", process)
        return time.perf_counter() - begun


def wait_for(text: bytes, process: subprocess.Popen) -> None:
    said = b""
    while text not in said:
        if not (more := os.read(process.stdout.fileno(), 4096)):
            raise EOFError(f"ended before it said {text!r}; it said {said!r}")
        said += more


def session(at: Installation) -> float:
    begun = time.perf_counter()
    live = Session([at.pybridge, "session"], cwd=at.folder, env=at.environment)
    live.block("(+ 1 1)", "clojure")()
    taken = time.perf_counter() - begun
    live.end()
    return taken


def jupyter(at: Installation) -> float:
    """Seconds of the cells that load the extension and evaluate Clojure, in a kernel that is ready."""
    spec = at.folder / "kernels" / "bench" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(at.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "bench", "language": "python"}))
    manager = KernelManager(
        kernel_name="bench",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(spec.parents[1])]),
        transport="ipc",
        ip=str(at.folder / "kernel"),
    )
    manager.start_kernel(cwd=str(at.folder), env=at.environment)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=WITHIN)
        begun = time.perf_counter()
        for cell in ("%load_ext pybridge.session", "%%clojure\n(+ 1 1)"):
            answer = client.execute_interactive(cell, timeout=WITHIN, output_hook=lambda message: None)
            assert answer["content"]["status"] == "ok", answer["content"]
        return time.perf_counter() - begun
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def nrepl(at: Installation, given: dict[str, str]) -> float:
    """Seconds until the server has written its port and answers there."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, ".nrepl-port")
        begun = time.perf_counter()
        with started(at, "nrepl", folder=Path(folder), **given) as process:
            while not (written.exists() and (port := written.read_text())):
                if process.poll() is not None:
                    raise EOFError(f"pybridge nrepl ended with {process.returncode}")
                time.sleep(0.005)
            with socket.create_connection(("127.0.0.1", int(port)), timeout=WITHIN) as connection:
                connection.sendall(b"d4:code7:(+ 1 1)2:op4:evale")
                answer = b""
                while b"4:done" not in answer:
                    answer += connection.recv(4096)
            assert b"5:value1:2" in answer
            return time.perf_counter() - begun


def table(at: Installation) -> list[str]:
    """Measure and print; the rows that have missed their targets."""
    for name, program in PROGRAMS.items():
        (at.folder / name).write_text(program)
    at.prepare()
    beside, ours = peers(at), rows(at)
    figures = taking_turns([*beside.values(), *(row.measure for row in ours)], ROUNDS)
    theirs = dict(zip(beside, figures, strict=False))

    missed = []
    print(f"{'start of ' + at.name:46}{'seconds':>9}{'peer':>9}{'times':>8}{'more':>8}  target")
    for row, each in zip(ours, figures[len(beside) :], strict=True):
        taken, other = min(each), min(theirs[row.peer])
        print(f"{row.name:46}{taken:9.3f}{other:9.3f}{taken / other:8.2f}{taken - other:8.3f}{row.target:>12}", end="")
        holds = taken <= row.times * other and taken <= other + row.more
        print("" if not row.target else "  holds" if holds else "  missed")
        name = f"{row.name} ({at.name})"
        if not holds:
            missed.append(name)
        limits = {"most": row.times if row.times < float("inf") else None}
        if row.more < float("inf"):
            limits["limit"] = f"at most {row.more:g} s more than the peer"
        record(
            name,
            "s",
            each,
            peers={row.peer: theirs[row.peer]},
            by="least",
            held=holds if row.target else None,
            **limits,
        )
    return missed


def main(names: list[str]) -> int:
    """Measure, print, and judge."""
    missed = []
    for installed in (checkout, wheel):
        if not names or installed.__name__ in names:
            with tempfile.TemporaryDirectory() as folder:
                missed += table(installed(Path(folder)))
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
