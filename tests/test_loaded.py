"""What a command may load before its work begins: each module more is a start that takes longer."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.clojure.java import find_java

PYBRIDGE = Path(sys.executable).with_name("pybridge")

HEAVY = {
    *("asyncio", "concurrent.futures", "ctypes", "dataclasses", "difflib", "email", "http", "importlib.metadata"),
    *("importlib.resources", "inspect", "logging", "multiprocessing", "pickle", "readline", "rlcompleter", "socket"),
    *("sqlite3", "ssl", "subprocess", "traceback", "unittest", "urllib.request", "uuid", "xml", "zipfile", "zoneinfo"),
}

SUPPORT = {"ctypes", "dataclasses", "difflib", "inspect", "traceback", "uuid", "zoneinfo"}

# A name that stands with "import" is that of a library, which may load what it will.
MAY_LOAD = {
    "nothing but the package": set(),
    "--version": set(),
    "--help": {"import typer"},
    "-h": {"import typer"},
    "classpath": {"import platformdirs"},
    "repl": SUPPORT | {"import numpy", "import jpype", "import platformdirs"},
    "nrepl": {"import platformdirs", "zipfile"},
    "eval": SUPPORT | {"import numpy"},
    "eval --clojure": SUPPORT | {"import numpy", "import jpype", "import platformdirs"},
    "run x.clj": SUPPORT | {"import numpy", "import jpype", "import platformdirs"},
    "session": SUPPORT | {"import numpy", "import platformdirs", "socket"},
}


def loaded(*command: str | Path, stdin: str = "", cwd: Path | None = None, **environment: str) -> set[str]:
    """The packages that are not Python's own, and the heavy modules that are, of all that a command tries to load."""
    surroundings = {"PYTHONPROFILEIMPORTTIME": "1", "PYBRIDGE_JAVA": str(find_java().home)} | environment
    ended = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=cwd, env=os.environ | surroundings)
    assert ended.returncode == 0, ended.stderr
    said = ended.stderr + ended.stdout  # `session` sends what is written to standard error
    first = said.split("imported package")[1]  # a JVM that takes the place of the command has a Python of its own
    names = set(re.findall(r"import time: +\d+ \| +\d+ \| +([\w.]+)", first))
    others = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    return (names & HEAVY) | {name for name in others if importlib.util.find_spec(name)}


@functools.cache
def alone(statement: str = "pass") -> set[str]:
    return loaded(sys.executable, "-c", statement)


def message(**content: object) -> str:
    body = json.dumps({"jsonrpc": "2.0", **content})
    return f"Content-Length: {len(body)}\r\n\r\n{body}"


@pytest.mark.parametrize("command", MAY_LOAD)
def test_a_command_loads_only_what_it_needs(command, tmp_path):
    (tmp_path / "x.clj").write_text("(+ 1 2)")
    (tmp_path / "nrepl").mkdir()
    (tmp_path / "nrepl" / "cmdline.clj").write_text("(ns nrepl.cmdline) (defn -main [& _])")
    words = {
        "nothing but the package": (sys.executable, "-c", "import pybridge"),
        "eval": (PYBRIDGE, "eval", "1 + 2"),
        "eval --clojure": (PYBRIDGE, "eval", "--clojure", "(+ 1 2)"),
    }.get(command, (PYBRIDGE, *command.split()))
    stdin = message(id=1, method="initialize") if command == "session" else ""
    found = loaded(*words, stdin=stdin, cwd=tmp_path, PYBRIDGE_CLASSPATH=str(tmp_path))

    allowed = {"pybridge"} | alone()
    for what in MAY_LOAD[command]:
        allowed |= alone(what) if what.startswith("import ") else {what}
    assert found <= allowed, sorted(found - allowed)
