"""What a quick end keeps of Python's own: each promise of docs/ending.md, with a JVM, with TensorFlow, with both."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import types
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES

import pytest
from programs import JVM, NOTES, PROGRAM, TENSORFLOW, clojure, finished, python

from pybridge.clojure.support._tensorflow import _is_foreign

BUFFERED = {"PYTHONUNBUFFERED": ""}
SAID = [*NOTES, "printed"]
BOTH = f"{TENSORFLOW}; {JVM}"

# The program's open file is left in a cycle, and something to Python's own stream.
IN_A_CYCLE = (
    "cycle = type('Cycle', (), {})(); cycle.itself, cycle.file = cycle, open_file; del open_file; "
    "atexit.register(print, 'printed'); "
)


def command(code: str, path) -> subprocess.CompletedProcess:
    """Run a program by `pybridge run`."""
    path.write_text(textwrap.dedent(code))
    start = "from pybridge.cli import main; main()"
    return finished([sys.executable, "-c", start, "run", str(path)], BUFFERED)


STATUS = {"pass": 0, "sys.exit(259)": 3, "sys.exit('words')": 1}


@pytest.mark.parametrize(
    ("loaded", "end"),
    [
        *((JVM, end) for end in ("pass", "sys.exit('words')")),
        *((TENSORFLOW, end) for end in ("pass", "sys.exit(259)")),
        *((BOTH, end) for end in ("sys.exit(259)", "sys.exit('words')")),
    ],
)
def test_a_command_ends_as_python_does(loaded, end, tmp_path):
    code = PROGRAM.format(start=loaded, end=IN_A_CYCLE + end, path=str(tmp_path / "file"))
    done = command(code, tmp_path / "program.py")
    word = "words\n" if "words" in end else ""
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (STATUS[end], SAID, word)
    assert (tmp_path / "file").read_text() == "content"


@pytest.mark.parametrize("end", ["pass", "sys.exit(-1)", "sys.exit('words')", "1 / 0"])
def test_a_program_with_both_ends_as_python_does(end, tmp_path):
    ended = []
    for loaded in ("", BOTH):
        path = tmp_path / "file"
        done = python(PROGRAM.format(start=loaded, end=IN_A_CYCLE + end, path=str(path)), **BUFFERED)
        ended.append((done.returncode, done.stdout.splitlines(), re.sub(r"line \d+", "", done.stderr)))
        assert path.read_text() == "content"
        path.unlink()
    assert ended[0] == ended[1]
    assert ended[1][1] == SAID


@pytest.mark.parametrize("loaded", [JVM, BOTH], ids=["JVM", "both"])
def test_a_stream_that_cannot_be_flushed_ends_python_with_120(loaded):
    with open("/dev/full", "w") as full:
        code = [sys.executable, "-c", f"{loaded}\nprint(1)"]
        done = subprocess.run(code, stdout=full, stderr=subprocess.PIPE, env={**os.environ, **BUFFERED})
    assert done.returncode == 120
    assert b"No space left" in done.stderr


def test_an_interrupt_that_nobody_catches_kills_python():
    done = subprocess.run([sys.executable, "-c", f"{JVM}\nraise KeyboardInterrupt"], capture_output=True)
    assert done.returncode == -signal.SIGINT
    assert done.stderr.endswith(b"KeyboardInterrupt\n")


def test_what_is_left_open_is_whole(tmp_path):
    done = python(f"""
        import atexit, gc, gzip, os, sys, tempfile, zipfile
        {JVM}
        # A collection before the end loses a cycle's open text, as in Python; so the count up to the next begins here.
        gc.collect(); gc.disable(); atexit.register(gc.enable)
        os.chdir({str(tmp_path)!r})
        class Kept:
            def __init__(self, **kept):
                self.__dict__.update(kept, itself=self)
        archive = zipfile.ZipFile("one.zip", "w"); archive.writestr("a", "content")
        kept = Kept(archive=zipfile.ZipFile("two.zip", "w"), packed=gzip.open("packed.gz", "wt"))
        kept.archive.writestr("a", "content")
        kept.packed.write("content")
        Kept(text=open("dropped", "w")).text.write("content")
        gzip.kept = open("library", "w")
        gzip.kept.write("content")
        kept.temporary = tempfile.NamedTemporaryFile(dir=".", prefix="temporary")
        def lines():
            with open("generator", "w") as file:
                try: yield
                finally: file.write("content")
        next(begun := lines())
    """)
    assert (done.returncode, done.stderr) == (0, "")
    for archive in ("one.zip", "two.zip"):
        assert zipfile.ZipFile(tmp_path / archive).read("a") == b"content"
    for text in ("dropped", "library", "generator"):
        assert (tmp_path / text).read_text() == "content"
    assert subprocess.run(["gzip", "-dc", tmp_path / "packed.gz"], capture_output=True, check=True).stdout == b"content"
    assert not list(tmp_path.glob("temporary*"))


# A thread is in a finalizer as the program ends, with another behind it in the same garbage.
COLLECTING = """
import gc, os, threading, time
from pybridge import clojure
if {jvm}: clojure.start()
gc.disable()
begun, ending = threading.Event(), threading.Event()
class Slow:
    def __del__(self):
        begun.set(); ending.wait(); time.sleep({seconds})
class Last:
    def __del__(self):
        os.write(1, b"finalized")
for kind in (Slow, Last):
    made = kind(); made.itself = made
del made
{collect}
begun.wait(); gc.enable(); ending.set()
"""
ON_THREAD = {
    "python": "threading.Thread(target=gc.collect, daemon=True).start()",
    "jvm": "clojure.clj.collect = gc.collect; clojure.eval('(future (collect))')",
}


@pytest.mark.parametrize("thread", ON_THREAD)
def test_what_a_thread_finalizes_as_a_program_ends_is_finalized(thread, tmp_path):
    code = COLLECTING.format(jvm=thread == "jvm", seconds=0.5, collect=ON_THREAD[thread])
    done = command(code, tmp_path / "program.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "finalized", "")


def test_what_a_thread_finalizes_as_a_jvm_ends_is_finalized(tmp_path):
    (tmp_path / "program.py").write_text(COLLECTING.format(jvm=False, seconds=0.5, collect=ON_THREAD["python"]))
    done = clojure(f"""
        (require '[pybridge.core :as pb])
        (def names ((pb/attr (pb/module "runpy") :run_path) "{tmp_path / "program.py"}"))
        (System/exit 3)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (3, "#'user/names\nfinalized", "")


def test_a_finalizer_that_hangs_on_a_thread_is_left(tmp_path):
    code = COLLECTING.format(jvm=False, seconds=600, collect=ON_THREAD["python"])
    done = command(code, tmp_path / "program.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Writers of TensorFlow's, and of HDF5, in a cycle and in a library's variable.
WRITERS = """
import os, tensorflow as tf
os.chdir({path!r})
class Kept: pass
kept = Kept()
kept.itself = kept
kept.records = tf.io.TFRecordWriter("records")
kept.text = tf.io.gfile.GFile("text", "w")
tf.kept = tf.io.TFRecordWriter("library")
tf.kept.write(b"content")
kept.records.write(b"content")
kept.text.write("content")
tf.summary.create_file_writer("summary").set_as_default()
tf.summary.write("ones", tf.ones(1000), step=1)
"""
HDF5 = "import h5py\nkept.hdf5 = h5py.File('file.h5', 'w')\nkept.hdf5['a'] = [1, 2]\n"


def assert_whole(path) -> None:
    assert (path / "text").read_text() == "content"
    assert [(path / name).stat().st_size for name in ("records", "library")] == [23, 23]
    assert sum(file.stat().st_size for file in (path / "summary").iterdir()) > 4000


@pytest.mark.parametrize("more", ["", HDF5], ids=["quick", "HDF5"])
def test_what_tensorflow_writes_is_whole(more, tmp_path):
    done = command(WRITERS.format(path=str(tmp_path)) + more, tmp_path / "program.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert_whole(tmp_path)
    if more:
        import h5py

        with h5py.File(tmp_path / "file.h5") as file:
            assert list(file["a"]) == [1, 2]


COMPUTING = """
import threading, time, tensorflow as tf
square = tf.random.normal((1500, 1500))
def compute():
    while True: tf.matmul(square, square)
threading.Thread(target=compute, daemon=True).start()
data = tf.data.Dataset.range(10**9).map(lambda x: tf.reduce_sum(tf.matmul(square, square))).prefetch(10**6)
tf.kept = iter(data)
time.sleep(1)
"""


def test_tensorflow_may_compute_while_a_command_ends(tmp_path):
    done = command(COMPUTING + "raise SystemExit(3)", tmp_path / "program.py")
    assert (done.returncode, done.stderr) == (3, "")


def test_what_tensorflow_loads_by_itself_lets_destructors_be_skipped():
    """JAX, where it is installed: its destructors would take from a thread of TensorFlow's the code that it runs."""
    folder = os.path.join(os.path.dirname(os.__file__), "site-packages")
    names = {name: name != "jaxlib" for name in ("jaxlib", "unknown")}
    for name, is_foreign in names.items():
        module = types.ModuleType(name)
        module.__file__ = os.path.join(folder, name, "_core" + EXTENSION_SUFFIXES[-1])
        assert _is_foreign(module) == is_foreign


def test_tensorflow_may_compute_while_a_jvm_ends(tmp_path):
    (tmp_path / "program.py").write_text(COMPUTING)
    program = f"""
        (require '[pybridge.core :as pb])
        (def names ((pb/attr (pb/module "runpy") :run_path) "{tmp_path / "program.py"}"))
        (System/exit 3)
    """
    done = clojure(program)
    assert (done.returncode, done.stderr) == (3, "")


def test_what_tensorflow_writes_is_whole_where_a_jvm_hosts_python(tmp_path):
    (tmp_path / "program.py").write_text(WRITERS.format(path=str(tmp_path)))
    done = clojure(f"""
        (require '[pybridge.core :as pb])
        (def names ((pb/attr (pb/module "runpy") :run_path) "{tmp_path / "program.py"}"))
    """)
    assert (done.returncode, done.stderr) == (0, "")
    assert_whole(tmp_path)


@pytest.mark.parametrize("way", ["spawn", "fork", "forkserver"])
def test_processes_of_a_command_end_as_pythons_do(way, tmp_path):
    done = command(
        f"""
        import multiprocessing, os
        {JVM}
        def double(x): return 2 * x
        if __name__ == "__main__":
            with multiprocessing.get_context({way!r}).Pool(2) as pool:
                print(pool.map(abs, [-1, -2]))
        """,
        tmp_path / "program.py",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1, 2]\n", "")


def test_a_forked_process_that_ends_by_itself_does_so_as_python_does():
    done = python(f"""
        import atexit, os, sys
        {TENSORFLOW}; {JVM}
        atexit.register(lambda: os.write(1, b"exit function\\n"))
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        else:
            sys.exit(5)
    """)
    assert done.returncode == 0
    assert done.stdout == "exit function\n5\nexit function\n"
