"""Programs that fail, made at random: `pybridge run`, the prompt, Jupyter and a session say the same of each."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from session_client import failure

import pybridge

PYBRIDGE = Path(sys.executable).with_name("pybridge")
PACKAGE = Path(pybridge.__file__).parent

# What raises, what is said of it first, and what is said last.
RAISING = {
    "python": [
        ('raise ValueError("bad value")', "ValueError: bad value", ""),
        ("1 / 0", "ZeroDivisionError: division by zero", ""),
        ("{}['key']", "KeyError: 'key'", ""),
        ("math.sqroot(4)", "AttributeError: module 'math' has no attribute 'sqroot'", "did you mean sqrt?"),
        ("lengthh", "NameError: name 'lengthh' is not defined", "did you mean length?"),
        (
            "area(1, heigth=2)",
            "TypeError: area() got an unexpected keyword argument 'heigth'",
            "did you mean height?",
        ),
    ],
    "clojure": [
        ('(throw (ex-info "bad form" {:at 3}))', "ExceptionInfo: bad form", ""),
        ("(/ 1 0)", "ArithmeticException: Divide by zero", ""),
        ("(nth [1] 5)", "IndexOutOfBoundsException", ""),
        ('(pb/call (pb/module "math") :sqroot 4)', "AttributeError: module 'math' has no attribute 'sqroot'", "sqrt?"),
        ("(Long/parseLong (str :x))", 'NumberFormatException: For input string: ":x"', ""),
    ],
}
PYTHON = """import math

length = 1
below = {}

def give(name, function):
    below[name] = function

def area(width, *, height=1):
    return width * height
"""
CLOJURE = """(ns {name} (:require [pybridge.core :as pb]))
(pb/run "import sys; sys.path.append('{folder}')")
(def module (pb/module "{name}"))
(defn give [level f] (pb/call module :give level f))
"""


class Program(NamedTuple):
    """A program that fails.

    Attributes:
        file: its Clojure, beside which a Python module of the same name is.
        first: what is said of it first.
        causes: what is said of what that comes from.
        places: the lines that the error goes through.
        hint: what the last line ends with, of a failure that nothing wraps.
    """

    file: Path
    first: str
    causes: list[str]
    places: set[tuple[str, int]]
    hint: str


def made(seed: int, folder: Path) -> Program:
    """A chain of one to four functions in the two languages by turns: the last raises, and some wrap what they get."""
    choose = random.Random(seed)
    name = f"chain{seed}"
    files = {"python": folder / f"{name}.py", "clojure": folder / f"{name}.clj"}
    lines = {"python": PYTHON.splitlines(), "clojure": CLOJURE.format(name=name, folder=folder).splitlines()}
    depth = 1 + seed % 4
    language = choose.choice(["python", "clojure"])
    raising, message, hint = choose.choice(RAISING[language])
    said, places = [message], set()

    def add(language: str, line: str, passed: bool = False) -> None:
        lines[language].append(line)
        if passed:
            places.add((str(files[language]), len(lines[language])))

    for level in range(depth):
        calls = raising if level == 0 else f'below["f{level - 1}"]()' if language == "python" else f"(f{level - 1})"
        wraps = level > 0 and choose.random() < 0.4
        if wraps:
            said.append(f"{'RuntimeError' if language == 'python' else 'ExceptionInfo'}: wrapped {level}")
        if language == "python":
            add("python", f"def f{level}():")
            add("python", "    try:" if wraps else "    if True:")
            add("python", f"        {calls}", passed=True)
            if wraps:
                add("python", "    except Exception as error:")
                add("python", f'        raise RuntimeError("wrapped {level}") from error', passed=True)
            add("clojure", f"(def f{level} (pb/attr module :f{level}))")
        else:
            add("clojure", f"(defn f{level} []")
            add("clojure", "  (try" if wraps else "  (do")
            add("clojure", f"    {calls}", passed=True)
            add("clojure", "    :done" if not wraps else "    (catch Exception e")
            add("clojure", f'      (throw (ex-info "wrapped {level}" {{}} e)))))' if wraps else "))", passed=wraps)
            add("clojure", f'(give "f{level}" f{level})')
        language = "clojure" if language == "python" else "python"
    add("clojure", f"(f{depth - 1})", passed=True)
    for written, file in files.items():
        file.write_text("\n".join(lines[written]) + "\n")
    return Program(files["clojure"], said[-1], said[-2::-1], places, hint if len(said) == 1 else "")


def alike(text: str) -> list[str]:
    """The lines of a front end without what is its own: the block that loads the file, and how to see the trace."""
    text = re.sub(r"  (<block \d+>|Cell In\[\d+\]), line [12]\n    \(load-file .*\n?", "", text)
    return [line for line in text.splitlines() if line and "shows the whole trace" not in line]


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> list[Program]:
    folder = tmp_path_factory.mktemp("programs")
    return [made(seed, folder) for seed in range(24)]


@pytest.fixture(scope="module")
def by_prompt_and_jupyter(programs) -> list[dict[str, str]]:
    command = [sys.executable, Path(__file__).with_name("error_forms.py"), *(program.file for program in programs)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.rpartition("SAID ")[2])


@pytest.mark.parametrize("seed", range(24))
def test_every_front_end_says_the_same(seed, programs, by_prompt_and_jupyter, session):
    program = programs[seed]
    shown = {name: alike(text) for name, text in by_prompt_and_jupyter[seed].items()}
    shown["session"] = alike(failure(session.clojure, f'(load-file "{program.file}")').data["brief"])
    if seed < 4:  # one of each depth; each starts a process
        ran = subprocess.run([PYBRIDGE, "run", program.file], capture_output=True, text=True)
        shown["run"] = alike(ran.stderr)
    lines = shown.pop("prompt")
    assert shown == dict.fromkeys(shown, lines)

    assert lines[0] == program.first
    causes = [line.removeprefix("  caused by ") for line in lines if line.startswith("  caused by ")]
    assert causes == program.causes
    places = [(file, int(line)) for file, line in re.findall(r"^  (/.*?), line (\d+)", "\n".join(lines), re.MULTILINE)]
    assert len(set(places)) == len(places)
    assert set(places) == program.places
    assert lines[-1].endswith(program.hint)
    assert not re.search(rf"NO_SOURCE|ast\.py|{re.escape(str(PACKAGE))}", "\n".join(lines))
