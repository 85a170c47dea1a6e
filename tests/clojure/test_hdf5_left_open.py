"""HDF5 files that a program leaves open are whole, also those that are written through an object of Python's."""

from __future__ import annotations

import random

import h5py
import pytest
from programs import JVM, TENSORFLOW, clojure, python

# Such objects, and what keeps them: HDF5 has the object, which has its class and so the variables of the program.
START = """
import h5py, io, os, sys, tempfile, threading
os.chdir({path!r})
class Raw:
    def __init__(self, path): self.raw = open(path, "w+b")
    def __getattr__(self, name): return getattr(self.raw, name)
class File(io.FileIO):
    def write(self, data): return super().write(bytes(data))
    def __del__(self): pass
class Temporary:
    def __init__(self, path): self.file = tempfile.TemporaryFile(); self.path = path
    def __getattr__(self, name): return getattr(self.file, name)
    def flush(self):
        self.file.seek(0); open(self.path, "wb").write(self.file.read())
class Kept: pass
class Last(Kept):
    def __del__(self): self.is_last = True
"""

OPENED = ["name", "open(name, 'w+b')", "io.FileIO(name, 'w+')", "Raw(name)", "File(name, 'w+')", "Temporary(name)"]
KEPT_BY = [
    "pass",
    "kept.itself = kept",
    "kept.id = kept.file.id",
    "kept.itself, kept.data = kept, kept.file['x']",
    "sys.left = kept",
    "threading.Thread.left = kept",
    "h5py.left = kept; kept.itself = kept",
    "Raw.left = kept",
]

ENDS = ["", "sys.exit(3)", "raise ValueError"]
JVM_ENDS = ["clojure.eval('(System/exit 3)')", "clojure.eval('@(future (System/exit 3))')"]
STATUS = {"": 0, "raise ValueError": 1}


def left_open(folder, seed: str) -> tuple[str, dict[str, list[int]]]:
    """A program that leaves twelve files open, and what is in them."""
    chosen = random.Random(seed)
    lines, content = [START.format(path=str(folder))], {}
    for number in range(12):
        name, values = f"file{number}", [chosen.randrange(1000) for _ in range(chosen.choice([1, 10, 3000]))]
        opened, version = chosen.choice(OPENED), chosen.choice(["earliest", "latest"])
        lines += [
            f"{name} = kept = {chosen.choice(['Kept', 'Last'])}(); name = {name!r}",
            f"kept.file = h5py.File({opened}, 'w', libver={version!r}); kept.file['x'] = {values}",
            *chosen.sample(KEPT_BY, 2),
            chosen.choice(["", "kept.file = kept.file['/']['x']"]),  # which keeps the file open
            f"del kept{chosen.choice(['', ', ' + name])}",
        ]
        content[name] = values
    return "\n".join(lines), content


def assert_whole(folder, content: dict[str, list[int]]) -> None:
    for name, values in content.items():
        with h5py.File(folder / name) as file:
            assert list(file["x"]) == values, name


STARTS = {
    "nothing": "import pybridge.tensors",
    "TensorFlow": TENSORFLOW,
    "JVM": JVM,
    "JVM and TensorFlow": f"{JVM}\n{TENSORFLOW}",
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("quick", ["0", "1"])
def test_they_are_whole_where_python_is_the_host(start, quick, tmp_path):
    for number, end in enumerate(ENDS + JVM_ENDS * (JVM in start)):
        folder = tmp_path / str(number)
        folder.mkdir()
        code, content = left_open(folder, f"{start}{quick}{number}")
        done = python(f"{start}\n{code}\n{end}", PYBRIDGE_QUICK_END=quick)
        assert done.returncode == STATUS.get(end, 3), done.stderr
        assert done.stderr == "" or end == "raise ValueError"
        assert_whole(folder, content)


@pytest.mark.parametrize("end", ["", "(System/exit 3)", "@(future (System/exit 3))", '(throw (Exception. "none"))'])
@pytest.mark.parametrize("start", ["", TENSORFLOW], ids=["JVM", "JVM and TensorFlow"])
def test_they_are_whole_where_the_jvm_is_the_host(start, end, tmp_path):
    code, content = left_open(tmp_path, f"{start}{end}")
    (program := tmp_path / "program.py").write_text(f"{start}\n{code}")
    done = clojure(f'(require (quote [pybridge.core :as pb])) (pb/run (slurp "{program}")) {end} (shutdown-agents)')
    assert done.returncode == (3 if "exit" in end else 1 if end else 0), done.stderr
    assert_whole(tmp_path, content)


LATE = """
class Writing:
    def __init__(self, opened): self.itself, self.file = self, h5py.File(opened, "w")
    def __del__(self): self.file["x"] = [1, 2]
import h5py
os = __import__("os"); os.chdir({path!r})
named, opened = Writing("named"), Writing(open("opened", "w+b"))
"""


@pytest.mark.parametrize("start", ["", *STARTS.values()], ids=["h5py alone", *STARTS])
def test_a_finalizer_may_still_write_to_a_named_one_and_is_refused_another(start, tmp_path):
    done = python(f"{start}\n{LATE.format(path=str(tmp_path))}")
    assert done.returncode == 0, done.stderr
    assert_whole(tmp_path, {"named": [1, 2]})
    if start:
        assert done.stderr.count("Exception ignored in: <function Writing.__del__") == 1, done.stderr
        with h5py.File(tmp_path / "opened") as file:
            assert list(file) == []


@pytest.mark.parametrize("end", ["", *JVM_ENDS])
def test_one_that_cannot_be_written_is_told_of_and_keeps_no_other_back(end, tmp_path):
    failing = """
first = h5py.File(Raw("first"), "w"); first["x"] = [1]
raw = Raw("torn"); torn = h5py.File(raw, "w"); torn["x"] = [1]; data = torn["x"]
last = h5py.File(open("last", "w+b"), "w"); last["x"] = [2]
named = h5py.File("named", "w"); named["x"] = [3]
raw.raw.close()
"""
    done = python(f"{JVM}\n{START.format(path=str(tmp_path))}\n{failing}\n{end}")
    assert done.returncode == STATUS.get(end, 3), done.stderr
    assert done.stderr.count("pybridge: an HDF5 file that is left open cannot be written: ") == 1, done.stderr
    assert_whole(tmp_path, {"first": [1], "last": [2], "named": [3]})
