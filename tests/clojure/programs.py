"""Whole programs of either language, each of which may host the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

from pybridge.clojure import options, quickstart
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

# A Python program that notes on stdout, by its own file descriptor, what it does at its end.
PROGRAM = """
    import atexit, concurrent.futures, os, sys, threading, time
    def note(text):
        os.write(1, (text + chr(10)).encode())
    atexit.register(note, "registered early")
    {start}
    atexit.register(note, "registered late")
    open_file = open({path!r}, "w")
    open_file.write("content")
    thread = threading.Thread(target=lambda: (time.sleep(0.3), note("thread")))
    thread.start()
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(thread.join)
    pool.submit(note, "task")
    {end}
"""

NOTES = ["thread", "task", "registered late", "registered early"]

JVM = 'from pybridge import clojure; clojure.eval("(+ 1 1)")'
TENSORFLOW = "from pybridge import tensors; tensors.ones((2, 2))"

CRASHES = ("Fatal Python error", "A fatal error has been detected", "SIGSEGV", "Aborted")


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a Python program that may host a JVM, and see that it does not crash."""
    return finished([sys.executable, *arguments, "-c", textwrap.dedent(code)], environment)


def clojure(code: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a Clojure program that may host Python, and see that it does not crash."""
    return finished([*java(), "clojure.main", "-e", textwrap.dedent(code)], environment)


def java(*more: str) -> list[str]:
    """How `pybridge java-options` has a JVM start, with a third of the work; test_java_options has the plain start."""
    found, entries = find_java(), classpath()
    quick = [*options.COMMON, *quickstart.java_options(found, entries)]
    return [str(found.executable), *quick, *more, "-cp", os.pathsep.join(entries)]


def with_namespace(name: str, source: str, folder: Path) -> str:
    """What to put in front on the class path for a namespace to be that source, and the others compiled if they are."""
    own = folder / "pybridge" / f"{name}.clj"
    own.parent.mkdir(parents=True)
    own.write_text(source)
    if not (classes := quickstart.classes()):
        return str(folder)
    jar = folder / "classes.jar"
    with zipfile.ZipFile(classes) as compiled, zipfile.ZipFile(jar, "w") as changed:
        changed.write(own, f"pybridge/{name}.clj")
        for entry in compiled.infolist():
            if not re.match(rf"pybridge/{name}(__init|\$|\.)", entry.filename):
                changed.writestr(entry, compiled.read(entry))
    return str(jar)


def last_line(done: subprocess.CompletedProcess) -> str:
    """What a program has said last, or else what it has said of errors."""
    return (done.stdout.splitlines() or [done.stderr])[-1]


def one_of_three(run: Callable[[], str], expected: str) -> None:
    """See that a program says what it should, the third time at the latest: a loaded machine may hold it up."""
    said = []
    while expected not in said and len(said) < 3:
        said.append(run())
    assert said[-1] == expected, said


def finished(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
    surroundings = {**os.environ, "PYBRIDGE_PYTHON": sys.executable, **environment}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=surroundings)
    said = done.stdout + done.stderr
    assert done.returncode >= 0, f"ended by signal {-done.returncode}\n{said}"
    assert not any(crash in said for crash in CRASHES), said
    return done
